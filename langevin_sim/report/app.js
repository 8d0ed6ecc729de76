"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const at = id => document.getElementById(id);
  const state = { dim: Math.max(0, data.dims.indexOf(2)), dynamics: data.dynamics[0], region: 0, frame: 0, playing: false };
  const DOTS = ["#ffb000", "#6fe0ff", "#ff8cc0", "#b8f28b", "#ffffff"];
  const RAMP = [[17, 28, 58], [44, 74, 132], [112, 146, 190], [214, 224, 236]];
  const FRAMES_PER_SECOND = 24;

  // ---- small helpers
  const node = (tag, attributes = {}, ...inside) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...inside);
    return made;
  };
  const colour = dynamics => `var(--${dynamics})`;
  const current = () => data.ensembles[`d${data.dims[state.dim]}_${state.dynamics}`];
  const short = (value, digits = 4) => value === null ? "none" : Number(value.toPrecision(digits)).toString();
  const fixed = (value, error) => {  // two digits of the error
    if (value === null) return "unknown";
    const digits = error ? Math.min(Math.max(1 - Math.floor(Math.log10(error)), 1), 7) : 5;
    return error ? `${value.toFixed(digits)} ± ${error.toFixed(digits)}` : value.toFixed(digits);
  };
  const ticks = (low, high, number) => {
    const rough = (high - low) / number, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find(factor => factor * power >= rough * 0.999);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return found.map(value => [value, value.toFixed(digits).replace("-", "−")]);
  };

  // An empty plot with axes: x and y are [low, high]; gives scales and the area's corners.
  const axes = (box, { height, x, y, xLabel, yLabel, xTicks, yTicks, told, grid = true }) => {
    const width = Math.max(240, Math.round(box.clientWidth));
    yTicks = yTicks || ticks(...y, height > 200 ? 5 : 3);
    xTicks = xTicks || ticks(...x, width / 75);
    const right = width - Math.max(12, 4 * xTicks[xTicks.length - 1][1].length);  // the last number may stand at the very end
    const left = 34 + 6.5 * Math.max(...yTicks.map(([, text]) => text.length)), top = 10, bottom = height - 40;
    const X = value => left + (value - x[0]) / (x[1] - x[0]) * (right - left);
    const Y = value => bottom - (value - y[0]) / (y[1] - y[0]) * (bottom - top);
    const root = node("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": told });
    for (const [value, text] of xTicks) {
      root.append(node("line", { class: "axis", x1: X(value), x2: X(value), y1: bottom, y2: bottom + 4 }),
        node("text", { x: X(value), y: bottom + 17, "text-anchor": "middle" }, text));
    }
    for (const [value, text] of yTicks) {
      if (grid) root.append(node("line", { class: "grid", x1: left, x2: right, y1: Y(value), y2: Y(value) }));
      root.append(node("line", { class: "axis", x1: left - 4, x2: left, y1: Y(value), y2: Y(value) }),
        node("text", { x: left - 7, y: Y(value) + 4, "text-anchor": "end" }, text));
    }
    root.append(
      node("rect", { class: "axis", x: left, y: top, width: right - left, height: bottom - top }),
      node("text", { x: (left + right) / 2, y: height - 5, "text-anchor": "middle" }, xLabel),
      node("text", { x: 13, y: (top + bottom) / 2, "text-anchor": "middle",
        transform: `rotate(-90 13 ${(top + bottom) / 2})` }, yLabel));
    const area = node("g");
    root.append(area);
    box.replaceChildren(root);
    return { root, area, X, Y, left, right, top, bottom, width, height };
  };
  const path = points => points.map(([a, b], k) => `${k ? "L" : "M"}${a.toFixed(1)} ${b.toFixed(1)}`).join("");
  const legend = (id, entries) => at(id).replaceChildren(...entries.map(([sample, text]) => {
    const entry = document.createElement("span");
    entry.append(sample instanceof Element ? sample : node("svg", { viewBox: "0 0 26 12", "aria-hidden": "true" }, ...sample), text);
    return entry;
  }));
  const line = (className, style = "") => [node("line", { class: className, style, x1: 0, x2: 26, y1: 6, y2: 6 })];

  // ---- the density of x_1
  const drawHistogram = () => {
    const now = current(), [low, high] = now.extent, number = now.mass.length, wide = (high - low) / number;
    const density = now.mass.map(mass => mass / wide), error = now.error.map(value => 2 * value / wide);
    const exact = now.boltzmann && now.boltzmann.map(mass => mass / wide), own = now.chain && now.chain.map(mass => mass / wide);
    const tallest = Math.max(...density.map((value, k) => value + error[k]), ...(exact || [0]), ...(own || [0]));
    const plot = axes(at("histogram"), {
      height: 300, x: [low, high], y: [0, 1.06 * tallest || 1], xLabel: "x₁", yLabel: "density",
      told: `Density of x1 in dimension ${now.dim} for ${state.dynamics}, largest ${short(Math.max(...density), 3)}` +
        (exact ? `, beside Boltzmann's law` : "") + (own ? " and the chain law" : ""),
    });
    const { X, Y } = plot, style = `fill:${colour(state.dynamics)};stroke:${colour(state.dynamics)}`;
    const steps = density.flatMap((value, k) => [[X(low + k * wide), Y(value)], [X(low + (k + 1) * wide), Y(value)]]);
    plot.area.append(
      node("path", { class: "bars", style, d: `${path([[X(low), Y(0)], ...steps, [X(high), Y(0)]])}Z` }),
      node("path", { class: "outline", style: `stroke:${colour(state.dynamics)}`, d: path(steps) }),
      node("path", { class: "error", style: `stroke:${colour(state.dynamics)}`, d: density.map((value, k) =>
        error[k] > 0 ? path([[X(low + (k + .5) * wide), Y(value + error[k])], [X(low + (k + .5) * wide), Y(Math.max(0, value - error[k]))]])
          : "").join("") }));
    const curve = values => path(values.map((value, k) => [X(low + (k + .5) * wide), Y(value)]));
    if (exact) plot.area.append(node("path", { class: "exact", d: curve(exact) }));
    if (own) plot.area.append(node("path", { class: "own", d: curve(own) }));
    const bars = [node("rect", { class: "bars", style, x: 0, y: 1, width: 26, height: 10 }),
      node("line", { class: "error", style: `stroke:${colour(state.dynamics)}`, x1: 13, x2: 13, y1: 0, y2: 12 })];
    legend("histogram-legend", [[bars, `${state.dynamics}, d = ${now.dim}`], ...(exact ? [[line("exact"), "Boltzmann, exact"]] : []),
      ...(own ? [[line("own"), "chain law"]] : [])]);
  };

  // ---- masses against dimension, with a mark at the dimension shown
  const drawMasses = () => {
    const name = data.regions[state.region], all = Object.values(data.ensembles), points = [], values = [];
    const of = (now, key) => now.regions[state.region][key];
    for (const now of all) {
      const mass = of(now, "mass"), error = 2 * (of(now, "stderr") || 0);
      values.push(mass - error, mass + error, ...["boltzmann", "chain"].map(key => of(now, key)).filter(value => value !== null));
    }
    let low = Math.min(...values), high = Math.max(...values);
    const room = Math.max(0.08 * (high - low), 1e-3);
    low = Math.max(low - room, -0.02); high = Math.min(high + room, 1.02);
    const first = data.dims[0], last = data.dims[data.dims.length - 1], aside = 0.03 * Math.max(last - first, 1);
    const whole = ticks(first, last === first ? first + 1 : last, 8).filter(([value]) => Number.isInteger(value) && value <= last);
    const now = current();
    at("mass-region").textContent = name;
    const plot = axes(at("mass"), {
      height: 300, x: [first - Math.max(2 * aside, .4), last + Math.max(2 * aside, .4)], y: [low, high], xLabel: "dimension d",
      yLabel: `mass of ${name.length > 24 ? "the region" : name}`,
      xTicks: data.dims.length <= 10 ? data.dims.map(dim => [dim, String(dim)]) : whole.map(([value]) => [value, String(value)]),
      told: `Mass of the region ${name} in dimensions ${first} to ${last}; in dimension ${now.dim} it is ` +
        `${fixed(of(now, "mass"), of(now, "stderr"))} for ${state.dynamics}`,
    });
    const { X, Y } = plot, half = Math.max(5, Math.min(14, (X(first + 1) - X(first)) * .35));
    plot.area.append(node("rect", { class: "here", id: "mass-marker", "data-dim": now.dim, x: X(now.dim) - half, y: plot.top,
      width: 2 * half, height: plot.bottom - plot.top }));
    const entries = [], exact = data.dims.map(dim => [dim, data.dynamics.map(name => data.ensembles[`d${dim}_${name}`])
      .map(entry => entry ? of(entry, "boltzmann") : null).find(value => value !== null)]).filter(([, value]) => value !== undefined);
    const curve = (pairs, attributes) => plot.area.append(node("path", { ...attributes, d: path(pairs.map(([d, m]) => [X(d), Y(m)])) }),
      ...(pairs.length > 1 ? [] : pairs.map(([d, m]) => node("line", { ...attributes, x1: X(d) - 12, x2: X(d) + 12, y1: Y(m), y2: Y(m) }))));
    if (exact.length) {
      curve(exact, { class: "exact" });
      entries.push([line("exact"), "Boltzmann, exact"]);
    }
    data.dynamics.forEach((dynamics, k) => {
      const mine = all.filter(entry => entry.dynamics === dynamics), style = `stroke:${colour(dynamics)}`;
      const own = mine.map(entry => [entry.dim, of(entry, "chain")]).filter(([, mass]) => mass !== null);
      if (own.length) {
        curve(own, { class: "line dashed", style });
        entries.push([line("line dashed", style), `chain law of ${dynamics}`]);
      }
      const shift = data.dynamics.length > 1 ? (k - (data.dynamics.length - 1) / 2) * Math.min(7, half) : 0;
      for (const entry of mine) {
        const a = X(entry.dim) + shift, mass = of(entry, "mass"), error = 2 * (of(entry, "stderr") || 0);
        const chosen = dynamics === state.dynamics && entry === now;
        points.push(node("line", { style, "stroke-width": 1.5, x1: a, x2: a, y1: Y(mass - error), y2: Y(mass + error) }),
          node("circle", { cx: a, cy: Y(mass), r: 3.2, style: `fill:${colour(dynamics)}` }));
        if (chosen) points.push(node("circle", { class: "line", cx: a, cy: Y(mass), r: 7, style }));
      }
      entries.push([[node("circle", { cx: 13, cy: 6, r: 4, style: `fill:${colour(dynamics)}` }),
        node("line", { style, x1: 13, x2: 13, y1: 0, y2: 12 })], dynamics]);
    });
    if (data.limit && state.region === 0) {
      for (const [dim, mass] of data.limit) {
        if (mass < low || mass > high) continue;
        plot.area.append(node("path", { class: "limit", d: `M${X(dim) - 4} ${Y(mass) - 4}l8 8m0-8l-8 8` }));
      }
      entries.push([[node("path", { class: "limit", d: "M9 2l8 8m0-8l-8 8" })], "Boltzmann's law, the limit T → 0"]);
    }
    plot.area.append(...points);
    legend("mass-legend", entries);
    plot.root.addEventListener("click", event => {  // a mouse may also choose a dimension here
      const box = plot.root.getBoundingClientRect(), a = (event.clientX - box.left) / box.width * plot.width;
      const nearest = data.dims.reduce((best, dim, k) => Math.abs(X(dim) - a) < Math.abs(X(data.dims[best]) - a) ? k : best, 0);
      at("dim").value = nearest;
      choose({ dim: nearest });
    });
  };

  // ---- the film
  const decoded = new Map();
  const bytes = text => Uint8Array.from(atob(text), character => character.charCodeAt(0));
  const filmOf = now => {
    if (!now.film) return null;
    if (!decoded.has(now)) {
      decoded.set(now, { ...now.film, grid: bytes(now.film.landscape), places: new Uint16Array(bytes(now.film.positions).buffer),
        starts: bytes(now.film.starts) });
    }
    return decoded.get(now);
  };
  let stage = null;  // what of the film stays the same from frame to frame

  const shade = level => {
    const place = level * (RAMP.length - 1), k = Math.min(RAMP.length - 2, Math.floor(place)), part = place - k;
    return RAMP[k].map((value, c) => Math.round(value + part * (RAMP[k + 1][c] - value)));
  };
  // U at (a, b), shares of the extent, as a share of the scale of energies
  const height = (film, a, b) => {
    const n = film.points, along = share => { const p = Math.min(Math.max(share, 0), 1) * (n - 1), k = Math.min(n - 2, Math.floor(p));
      return [k, p - k]; };
    const [i, u] = along(a);
    if (film.extent.length === 1) return (film.grid[i] * (1 - u) + film.grid[i + 1] * u) / 255;
    const [j, v] = along(b), g = film.grid, k = i * n + j;
    return ((g[k] * (1 - v) + g[k + 1] * v) * (1 - u) + (g[k + n] * (1 - v) + g[k + n + 1] * v) * u) / 255;
  };
  const setStage = () => {
    const now = current(), film = filmOf(now);
    at("film").hidden = !film;
    at("film-absent").hidden = Boolean(film);
    if (!film) { stage = null; stop(); return; }
    const flat = film.extent.length === 1, [x, y] = flat ? [film.extent[0], film.energies] : film.extent;
    const width = at("stage").clientWidth, ratio = flat ? .4 : Math.min(1, Math.max(.5, (y[1] - y[0]) / (x[1] - x[0])));
    const plot = axes(at("film-frame"), { height: Math.round(Math.min(width * ratio, 480) + 50), x, y, xLabel: "x₁",
      yLabel: flat ? "U" : "x₂", grid: false, told: "axes of the film" });
    plot.root.setAttribute("aria-hidden", "true");
    const canvas = at("canvas"), sharp = Math.min(window.devicePixelRatio || 1, 2);
    const w = plot.right - plot.left, h = plot.bottom - plot.top;
    canvas.width = Math.round(w * sharp); canvas.height = Math.round(h * sharp);
    // by shares of the stage, so that it stays within the axes in print too
    Object.assign(canvas.style, { left: `${100 * plot.left / plot.width}%`, top: `${100 * plot.top / plot.height}%`,
      width: `${100 * w / plot.width}%`, height: `${100 * h / plot.height}%` });
    const ground = document.createElement("canvas");
    ground.width = Math.round(w); ground.height = Math.round(h);
    const pen = ground.getContext("2d"), BANDS = 16;
    if (flat) {
      pen.fillStyle = `rgb(${RAMP[0]})`;
      pen.fillRect(0, 0, ground.width, ground.height);
      pen.strokeStyle = `rgb(${RAMP[3]})`; pen.lineWidth = 2; pen.beginPath();
      for (let a = 0; a <= ground.width; a++) {
        const level = height(film, a / ground.width);  // at 1 the curve has left the picture
        if (level < 1) pen.lineTo(a, (1 - level) * ground.height); else { pen.stroke(); pen.beginPath(); }
      }
      pen.stroke();
    } else {
      const image = pen.createImageData(ground.width, ground.height);
      for (let row = 0, k = 0; row < ground.height; row++) {
        for (let column = 0; column < ground.width; column++, k += 4) {
          const level = height(film, (column + .5) / ground.width, 1 - (row + .5) / ground.height);
          const banded = Math.min(BANDS - 1, Math.floor(level * BANDS)) / (BANDS - 1);
          image.data.set([...shade(Math.min(1, .75 * banded + .25 * level)), 255], k);
        }
      }
      pen.putImageData(image, 0, 0);
    }
    stage = { film, flat, plot, canvas, ground, pen: canvas.getContext("2d"), sharp };
    const frames = film.steps.length;
    at("frame").max = frames - 1;
    state.frame = Math.min(state.frame, frames - 1);
    at("film-caption").textContent = flat ? "Walkers of the run on the curve U(x₁)." : now.dim === 2
      ? "Walkers of the run over the landscape U(x₁, x₂)."
      : `Walkers of the run, d = ${now.dim}: their first two coordinates over U at (x₁, x₂, and the other coordinates of a minimum).`;
    const dot = fill => [node("circle", { cx: 13, cy: 6, r: 4.5, style: `fill:${fill};stroke:#0b1226` })];
    const used = [...new Set(film.starts)].sort();
    const entries = used.map(k => [dot(DOTS[k % DOTS.length]), `began in ${data.regions[k]}`]);
    if (!flat) {
      const ramp = document.createElement("i");
      ramp.className = "ramp";
      ramp.style.background = `linear-gradient(90deg, ${RAMP.map(rgb => `rgb(${rgb})`).join(", ")})`;
      const [least, most] = film.energies;
      entries.push([ramp, `U from ${short(least, 3)} to ${short(most, 3)}${film.cut ? ", and above" : ""}`]);
    }
    legend("film-legend", entries);
    const last = film.steps[frames - 1], apart = frames > 1 ? film.steps[1] : 0;
    at("film-note").textContent = `${film.walkers} of the run's ${now.walkers.toLocaleString("en")} walkers, the first of them, from their starts on: ` +
      `${frames} pictures, ${apart} ${apart === 1 ? "step" : "steps"} apart, to step ${last.toLocaleString("en")}` +
      (film.times ? ` (time ${short(film.times[frames - 1], 3)})` : "") + `. Burn-in: ${now.burn_in.toLocaleString("en")} steps, the whole run: ` +
      `${(now.burn_in + now.steps).toLocaleString("en")}.` + (flat ? " Heights above the curve only keep walkers apart." : "") +
      (now.dim > 2 ? " A walker over a well here may be far from it in the other coordinates." : "");
    drawShare();
    drawFrame();
  };
  const drawShare = () => {
    const { film } = stage, now = current(), name = data.regions[state.region], share = film.share.map(row => row[state.region]);
    const exact = now.regions[state.region].boltzmann, frames = film.steps.length;
    const plot = axes(at("share"), { height: 150, x: [0, Math.max(1, film.steps[frames - 1])], y: [0, 1], xLabel: "step",
      yLabel: "share", yTicks: [[0, "0"], [.5, "0.5"], [1, "1"]],
      told: `Share of ${film.counted} walkers in ${name} against step: ${short(share[0], 3)} at first, ${short(share[frames - 1], 3)} in the last picture` });
    if (exact !== null) plot.area.append(node("line", { class: "exact", x1: plot.left, x2: plot.right, y1: plot.Y(exact), y2: plot.Y(exact) }));
    plot.area.append(node("path", { class: "line", style: `stroke:${colour(state.dynamics)}`,
      d: path(share.map((value, k) => [plot.X(film.steps[k]), plot.Y(value)])) }));
    stage.mark = node("line", { class: "now", y1: plot.top, y2: plot.bottom });
    stage.X = plot.X;
    plot.area.append(stage.mark);
    const caption = document.createElement("p");
    caption.className = "note";
    caption.textContent = `Share of ${film.counted} walkers in ${name}` + (exact === null ? "." : ", and its mass by Boltzmann's law (level line).");
    at("share").prepend(caption);
  };
  const drawFrame = () => {
    if (!stage) return;
    const { film, flat, canvas, pen, ground, sharp } = stage, { width, height: tall } = canvas, count = film.walkers, rows = flat ? 1 : 2;
    pen.drawImage(ground, 0, 0, width, tall);
    const first = state.frame * rows * count, radius = (count > 150 ? 2.6 : 3.2) * sharp;
    pen.lineWidth = .8 * sharp; pen.strokeStyle = "#0b1226";
    for (let k = 0; k < count; k++) {
      const p = film.places[first + k], q = flat ? 0 : film.places[first + count + k];
      if (p === 65535 || q === 65535) continue;  // outside the picture
      const a = p / 65534, b = flat ? height(film, a) + .008 + .1 * ((k * 0.618034) % 1) : q / 65534;
      pen.beginPath();
      pen.arc(a * width, (1 - b) * tall, radius, 0, 2 * Math.PI);
      pen.fillStyle = DOTS[film.starts[k] % DOTS.length];
      pen.fill(); pen.stroke();
    }
    const step = film.steps[state.frame], place = stage.X(step), share = film.share[state.frame][state.region];
    stage.mark.setAttribute("x1", place); stage.mark.setAttribute("x2", place);
    const time = film.times ? `, time ${film.times[state.frame].toFixed(2)}` : "";
    const text = `step ${step.toLocaleString("en")}${time}: ${(100 * share).toFixed(0)} % in ${data.regions[state.region]}`;
    at("frame").value = state.frame;
    at("frame").setAttribute("aria-valuetext", text);
    at("frame-shown").textContent = text;
    canvas.setAttribute("aria-label", `${count} walkers over the landscape in dimension ${current().dim} at ${text}`);
  };
  let timer = 0;
  const stop = () => {
    state.playing = false;
    cancelAnimationFrame(timer);
    at("play").textContent = "Play";
  };
  const play = () => {
    if (!stage) return;
    const last = stage.film.steps.length - 1;
    if (state.frame >= last) { state.frame = 0; drawFrame(); }
    state.playing = true;
    at("play").textContent = "Pause";
    let began = null;
    const from = state.frame;
    const tick = moment => {
      if (!state.playing || !stage) return;
      began = began ?? moment;
      const frame = Math.min(from + Math.floor((moment - began) / 1000 * FRAMES_PER_SECOND), stage.film.steps.length - 1);
      if (frame !== state.frame) { state.frame = frame; drawFrame(); }
      if (frame >= stage.film.steps.length - 1) stop(); else timer = requestAnimationFrame(tick);
    };
    cancelAnimationFrame(timer);
    timer = requestAnimationFrame(tick);
  };

  // ---- what is shown, and how it is chosen
  const tell = () => {
    const now = current(), entry = now.regions[state.region], name = data.regions[state.region];
    const laws = [["Boltzmann's law", entry.boltzmann], ["the chain law", entry.chain]].filter(([, mass]) => mass !== null)
      .map(([law, mass]) => `${law}: ${fixed(mass, null)}`);
    at("dim-shown").textContent = `d = ${now.dim}`;
    at("dim").setAttribute("aria-valuetext", `dimension ${now.dim}`);
    at("told").textContent = `d = ${now.dim}, ${state.dynamics}: ${now.verdict}. Mass of ${name}: ${fixed(entry.mass, entry.stderr)}` +
      (laws.length ? `; ${laws.join("; ")}.` : ". There is no law to compare it with.");
  };
  const choose = change => {
    Object.assign(state, change);
    const playing = state.playing;
    stop();
    tell(); drawHistogram(); drawMasses(); setStage();
    if (playing) play();
  };

  at("dim").max = data.dims.length - 1;
  at("dim").value = state.dim;
  at("dim-control").hidden = data.dims.length < 2;
  at("dim").addEventListener("input", event => choose({ dim: Number(event.target.value) }));
  at("dynamics-control").hidden = data.dynamics.length < 2;
  at("dynamics").append(...data.dynamics.map((name, k) => {
    const label = document.createElement("label"), button = document.createElement("input");
    Object.assign(button, { type: "radio", name: "dynamics", value: name, checked: k === 0 });
    button.addEventListener("change", () => choose({ dynamics: name }));
    label.append(button, ` ${name}`);
    return label;
  }));
  at("region-control").hidden = data.regions.length < 3;
  at("region").append(...data.regions.map((name, k) => new Option(name, k)));
  at("region").addEventListener("change", event => choose({ region: Number(event.target.value) }));
  at("play").addEventListener("click", () => state.playing ? stop() : play());
  at("frame").addEventListener("input", event => { stop(); state.frame = Number(event.target.value); drawFrame(); });

  at("explorer").hidden = false;
  choose({});
  let seen = document.documentElement.clientWidth;
  window.addEventListener("resize", () => {
    if (document.documentElement.clientWidth === seen) return;
    seen = document.documentElement.clientWidth;
    choose({});
  });
  // it moves by itself once it is in sight, unless the reader's system asks for no motion
  if ("IntersectionObserver" in window && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
    new IntersectionObserver((entries, observer) => {
      if (!entries.some(entry => entry.isIntersecting)) return;
      observer.disconnect();
      if (state.frame === 0) play();
    }, { threshold: .6 }).observe(at("canvas"));
  }
})();
