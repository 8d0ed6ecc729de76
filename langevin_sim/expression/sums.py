"""Write the source of a finite sum, U = (1/n) sum_i V(x, row_i), which calls term_energy and term_gradient."""

_SUM = """@compiled
def energy(X, E, p):
    rows, n = int(p[{rows}]), X.shape[1]
    D, T = np.empty(({columns}, n)), np.empty(n)
    for i in range(n):
        E[i] = 0.0
    for r in range(rows):
        for k in range({columns}):
            value, d = p[{rows} + 1 + r * {columns} + k], D[k]
            for i in range(n):
                d[i] = value
        term_energy(X, T, p, D)
        for i in range(n):
            E[i] += T[i]
    for i in range(n):
        E[i] /= rows


@compiled
def gradient(X, G, p):
    rows, n = int(p[{rows}]), X.shape[1]
    D, T = np.empty(({columns}, n)), np.empty(X.shape)
    G[:] = 0.0
    for r in range(rows):
        for k in range({columns}):
            value, d = p[{rows} + 1 + r * {columns} + k], D[k]
            for i in range(n):
                d[i] = value
        term_gradient(X, T, p, D)
        _add(T, G)
    _divide(G, rows)


@compiled
def batch_gradient(X, B, G, gradient, p, data):
    D, T = np.empty(({columns}, X.shape[1])), np.empty(X.shape)
    G[:] = 0.0
    for b in range(B.shape[0]):
        chosen = B[b]
        for k in range({columns}):
            d = D[k]
            for i in range(chosen.shape[0]):
                d[i] = data[np.uint64(chosen[i]), k]  # unsigned: no test for negative indices
        term_gradient(X, T, p, D)
        _add(T, G)
    _divide(G, B.shape[0])


@compiled
def _add(T, G):
    for j in range(G.shape[0]):
        t, g = T[j], G[j]
        for i in range(g.shape[0]):
            g[i] += t[i]


@compiled
def _divide(G, count):
    for j in range(G.shape[0]):
        g = G[j]
        for i in range(g.shape[0]):
            g[i] /= count
"""


def source(parameters: int, columns: int) -> str:
    """energy(X, E, p), gradient(X, G, p) and batch_gradient(X, B, G, gradient, p, data [rows, columns]) of the sum.

    p holds the parameters, the number of rows and all rows; it may be longer.
    """
    return _SUM.format(rows=parameters, columns=columns)
