// Pictures that pages share: quality against price or time, and how times are distributed.
'use strict';

assay.chart = {};

// Calls draw(width) now and whenever the host's width changes.
assay.chart.keep_drawn = (host, draw) => {
  let width = 0;
  const redraw = () => {
    const now = Math.floor(host.clientWidth);
    if (now > 0 && now !== width) {
      width = now;
      draw(width);
    }
  };
  new ResizeObserver(redraw).observe(host);
  document.addEventListener('themechange', () => draw(width));
  redraw();
};

// A few round values of a logarithmic axis: 1, 2, 5 a decade where there is room.
assay.chart.log_ticks = (scale, width) => {
  const ticks = scale.ticks(Math.max(2, width / 90));
  const most = Math.max(2, Math.floor(width / 70));
  for (const steps of [[1, 2, 5], [1, 3], [1]]) {
    const kept = ticks.filter((tick) => {
      const digit = Math.round(tick / 10 ** Math.floor(Math.log10(tick) + 1e-9));
      return steps.includes(digit);
    });
    if (kept.length >= 2 && kept.length <= most) return kept;
  }
  return ticks.filter((tick, at) => at % Math.ceil(ticks.length / most) === 0);
};

// The points that no other beats in both: cheaper (or as cheap) and better.
assay.chart.pareto = (points) => {
  let best = -Infinity;
  return [...points].sort((a, b) => a.x - b.x || b.y - a.y).filter((point) => {
    if (point.y <= best) return false;
    best = point.y;
    return true;
  });
};

// points: {x, y, low, high, name, grey, label, choose}; x > 0. The front is that of the points that are not grey.
assay.chart.scatter = (host, points, axis) => {
  const draw = (width) => {
    const height = Math.max(280, Math.min(400, width * 0.55));
    const margin = {top: 26, right: 18, bottom: 40, left: 40};
    const svg = d3.create('svg').attr('viewBox', `0 0 ${width} ${height}`).attr('height', height).attr('role', 'group')
      .attr('aria-label', `${axis.y} against ${axis.x}`);
    const xs = points.map((point) => point.x);
    const wide = Math.max(1.6, (Math.max(...xs) / Math.min(...xs)) ** 0.12);
    const x = d3.scaleLog([Math.min(...xs) / wide, Math.max(...xs) * wide], [margin.left, width - margin.right]);
    const low = Math.min(...points.map((point) => point.low));
    const high = Math.max(...points.map((point) => point.high));
    const pad = Math.max(0.02, (high - low) * 0.12);
    const y = d3.scaleLinear([Math.max(0, low - pad), Math.min(1, high + pad)], [height - margin.bottom, margin.top]).nice(6);
    svg.append('g').attr('class', 'grid').attr('transform', `translate(${margin.left},0)`)
      .call(d3.axisLeft(y).ticks(6).tickSize(-(width - margin.left - margin.right)).tickFormat(''));
    svg.append('g').attr('class', 'axis').attr('transform', `translate(0,${height - margin.bottom})`)
      .call(d3.axisBottom(x).tickValues(assay.chart.log_ticks(x, width - 64)).tickFormat(axis.format));
    svg.append('g').attr('class', 'axis').attr('transform', `translate(${margin.left},0)`)
      .call(d3.axisLeft(y).ticks(6).tickFormat((value) => (value * 100).toFixed(0)));
    svg.append('text').attr('class', 'soft').attr('x', width - margin.right).attr('y', height - 5)
      .attr('text-anchor', 'end').text(`${axis.x} (logarithmic)`);
    svg.append('text').attr('class', 'soft').attr('x', 0).attr('y', 10).text(`${axis.y}, %`);

    const front = assay.chart.pareto(points.filter((point) => !point.grey));
    if (front.length > 1) {
      svg.append('path').attr('class', 'front')
        .attr('d', d3.line().x((point) => x(point.x)).y((point) => y(point.y)).curve(d3.curveStepAfter)(front));
    }
    const taken = [];
    const free = (box) => taken.every((other) => box.right < other.left || box.left > other.right ||
      box.bottom < other.top || box.top > other.bottom);
    for (const point of points) {
      taken.push({left: x(point.x) - 6, right: x(point.x) + 6, top: y(point.y) - 6, bottom: y(point.y) + 6},
        {left: x(point.x) - 3, right: x(point.x) + 3, top: y(point.high), bottom: y(point.low)});
    }
    for (const point of [...points].sort((a, b) => b.y - a.y)) {
      const at = [x(point.x), y(point.y)];
      const mark = svg.append('g').attr('class', point.grey ? 'mark grey' : 'mark').attr('tabindex', 0)
        .attr('role', 'button').attr('aria-label', point.label);
      mark.node().addEventListener('click', () => point.choose());
      mark.node().addEventListener('keydown', (event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        point.choose();
      });
      mark.append('title').text(point.label);
      mark.append('path').attr('class', 'whisker').attr('d',
        `M${at[0]},${y(point.low)}V${y(point.high)}M${at[0] - 4},${y(point.low)}h8M${at[0] - 4},${y(point.high)}h8`);
      mark.append('circle').attr('class', 'dot').attr('r', 5.5).attr('cx', at[0]).attr('cy', at[1]);
      const text = point.name.length > 30 ? `${point.name.slice(0, 14)}…${point.name.slice(-14)}` : point.name;
      const length = text.length * 6.3;
      // Beside the mark, else above or below its whisker; a name without room is left to the tip and the table.
      const above = y(point.high) - 7 - at[1];
      const below = y(point.low) + 16 - at[1];
      const places = [[9, -7], [9, 15], [-9 - length, -7], [-9 - length, 15], [-length / 2, above], [-length / 2, below],
        [-length, above], [-length, below], [0, above], [0, below]];
      for (const [right, down] of places) {
        const box = {left: at[0] + right, right: at[0] + right + length, top: at[1] + down - 11, bottom: at[1] + down + 3};
        if (box.left < margin.left || box.right > width || box.top < 0 || box.bottom > height - margin.bottom) continue;
        if (!free(box)) continue;
        taken.push(box);
        mark.append('text').attr('class', 'label').attr('x', box.left).attr('y', at[1] + down).text(text);
        break;
      }
    }
    host.replaceChildren(svg.node());
  };
  assay.chart.keep_drawn(host, draw);
};

// One hump a model over a common logarithmic axis of milliseconds, with its median and 95th percentile.
// rows: {name, first_class, counts, p50, p95, total}
assay.chart.times = (host, rows) => {
  const edge = (at) => 0.01 * 2 ** (at / 4);
  const draw = (width) => {
    const step = 46;
    const margin = {top: 4, right: 12, bottom: 38, left: 8};
    const height = margin.top + rows.length * step + margin.bottom;
    const first = Math.min(...rows.map((row) => row.first_class));
    const last = Math.max(...rows.map((row) => row.first_class + row.counts.length));
    const x = d3.scaleLog([edge(first - 1), edge(last + 1)], [margin.left, width - margin.right]);
    const svg = d3.create('svg').attr('viewBox', `0 0 ${width} ${height}`).attr('height', height).attr('role', 'img')
      .attr('aria-label', 'Distribution of latencies: ' + rows.map((row) =>
        `${row.name}: median ${assay.ms(row.p50)}, 95th percentile ${assay.ms(row.p95)}`).join('; '));
    const ticks = assay.chart.log_ticks(x, width);
    svg.append('g').attr('class', 'axis').attr('transform', `translate(0,${height - margin.bottom})`)
      .call(d3.axisBottom(x).tickValues(ticks).tickFormat(assay.ms));
    rows.forEach((row, at) => {
      const base = margin.top + (at + 1) * step - 6;
      const most = Math.max(...row.counts);
      const y = (count) => base - (count / most) * (step - 24);
      const points = [[edge(row.first_class), 0], ...row.counts.map((count, i) =>
        [edge(row.first_class + i + 0.5), count]), [edge(row.first_class + row.counts.length), 0]];
      svg.append('line').attr('class', 'rule').attr('stroke-opacity', 0.4)
        .attr('x1', margin.left).attr('x2', width - margin.right).attr('y1', base).attr('y2', base);
      svg.append('path').attr('class', 'hump')
        .attr('d', d3.area().x((p) => x(p[0])).y0(base).y1((p) => y(p[1])).curve(d3.curveMonotoneX)(points));
      for (const [kind, value] of [['p50', row.p50], ['p95', row.p95]]) {
        if (!assay.known(value) || value <= 0) continue;
        svg.append('line').attr('class', kind).attr('x1', x(value)).attr('x2', x(value)).attr('y1', base - 10).attr('y2', base);
      }
      const times = `${assay.ms(row.p50)} · p95 ${assay.ms(row.p95)}`;
      // Both stand in one line: the name has what the times leave.
      const room = Math.max(10, Math.floor((width - margin.left - margin.right - times.length * 6.8) / 7.6));
      const half = Math.floor((room - 1) / 2);
      const name = row.name.length > room ? `${row.name.slice(0, half)}…${row.name.slice(-half)}` : row.name;
      svg.append('text').attr('x', margin.left).attr('y', base - step + 18).text(name);
      svg.append('text').attr('class', 'soft').attr('x', width - margin.right).attr('y', base - step + 18)
        .attr('text-anchor', 'end').text(times);
    });
    svg.append('text').attr('class', 'soft').attr('x', width - margin.right).attr('y', height - 3)
      .attr('text-anchor', 'end').text('total time of an answer (logarithmic)');
    host.replaceChildren(svg.node());
  };
  assay.chart.keep_drawn(host, draw);
};
