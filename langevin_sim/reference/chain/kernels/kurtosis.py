"""Deviations of the mean of a random batch from a Gaussian."""

import numpy as np


def excess_kurtosis(data: np.ndarray, batch_size: int, replacement: bool) -> float:
    """Largest |E s^4 / (E s^2)^2 - 3| over coordinates, s the sum of a batch of the rows of data [n, dim], which sum to 0.

    With replacement (m4/m2^2 - 3)/b. Without, from the moments of two, three and four different rows, which
    follow from m2, m4 and the vanishing sum: E z_i^2 z_j^2 = (n m2^2 - m4)/(n-1), E z_i^3 z_j = -m4/(n-1),
    E z_i^2 z_j z_k = (2 m4 - n m2^2)/((n-1)(n-2)), E z_i z_j z_k z_l = (3 n m2^2 - 6 m4)/((n-1)(n-2)(n-3)).
    """
    n, b = data.shape[0], batch_size
    m2, m4 = (data**2).mean(axis=0), (data**4).mean(axis=0)
    m2, m4 = m2[m2 > 0], m4[m2 > 0]
    if m2.size == 0 or (b >= n and not replacement):
        return 0.0
    if replacement:
        return float(np.abs((m4 / m2**2 - 3.0) / b).max())
    fourth = b * m4 + 3 * b * (b - 1) * (n * m2**2 - m4) / (n - 1) - 4 * b * (b - 1) * m4 / (n - 1)
    if b > 2:
        fourth += 6 * b * (b - 1) * (b - 2) * (2 * m4 - n * m2**2) / ((n - 1) * (n - 2))
    if b > 3:
        fourth += b * (b - 1) * (b - 2) * (b - 3) * (3 * n * m2**2 - 6 * m4) / ((n - 1) * (n - 2) * (n - 3))
    variance = b * m2 * (n - b) / (n - 1)
    return float(np.abs(fourth / variance**2 - 3.0).max())


def skewness(data: np.ndarray) -> float:
    """Largest |E z_j z_k^2| / sqrt(E z_j^2) E z_k^2 over pairs of coordinates of the rows of data [n, dim], which sum to 0."""
    deviations = np.sqrt((data**2).mean(axis=0))
    scaled = data[:, deviations > 0] / deviations[deviations > 0]
    return float(np.abs(scaled.T @ scaled**2).max(initial=0.0) / len(data))
