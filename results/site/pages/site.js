// What every page shares: reading data, making elements, numbers as people read them, the head of the page.
// Everything that a run file says is untrusted: it reaches a page as text only, through textContent.
'use strict';

const assay = {};

// ---- data: scripts in data/, because a page opened from the disk may not read files -------------------------------
(() => {
  const waiting = new Map(); // name -> function that takes the value

  // Called by each data script.
  assay.put = (name, value) => {
    const taker = waiting.get(name);
    if (taker) taker(value);
  };

  const read = (name, version) => new Promise((resolve, reject) => {
    const script = document.createElement('script');
    let value;
    waiting.set(name, (given) => { value = given; });
    const done = () => {
      script.remove();
      waiting.delete(name);
    };
    script.onload = () => {
      done();
      if (value === undefined) reject(new Error(`data/${name}.js holds something else`));
      else resolve(value);
    };
    script.onerror = () => {
      done();
      reject(new Error(`data/${name}.js cannot be read`));
    };
    script.src = `data/${name}.js` + (version ? `?v=${encodeURIComponent(version)}` : '');
    document.head.append(script);
  });

  // The value of data/NAME.js; `version` differs where its content does. One name is read once at a time.
  const reading = new Map(); // name -> {version, value}
  assay.load = (name, version) => {
    const other = reading.get(name);
    if (other && other.version === version) return other.value;
    const value = (other ? other.value.catch(() => null) : Promise.resolve()).then(() => read(name, version));
    const mine = {version, value};
    reading.set(name, mine);
    const done = () => {
      if (reading.get(name) === mine) reading.delete(name);
    };
    value.then(done, done);
    return value;
  };

  // As load(), keeping the last few values; one that is being read is not read twice.
  const kept = new Map();
  assay.load_kept = (name, version) => {
    const key = `${name}?${version}`;
    const found = kept.get(key);
    kept.delete(key);
    const value = found || assay.load(name, version);
    kept.set(key, value);
    value.catch(() => kept.delete(key));
    if (kept.size > 48) kept.delete(kept.keys().next().value);
    return value;
  };
})();

// ---- elements ------------------------------------------------------------------------------------------------------
// el('td.number', {title: 'x', onclick: f}, 'text', element, [elements], null)
assay.el = (kind, ...rest) => {
  const [tag, ...classes] = kind.split('.');
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(' ');
  const plain = rest.length && rest[0] !== null && typeof rest[0] === 'object' && !(rest[0] instanceof Node) &&
    !Array.isArray(rest[0]);
  if (plain) {
    for (const [key, value] of Object.entries(rest.shift())) {
      if (value === null || value === undefined || value === false) continue;
      if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
      else if (key === 'value' || key === 'checked' || key === 'selected') element[key] = value;
      else element.setAttribute(key, value === true ? '' : value);
    }
  }
  for (const child of rest.flat(3)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
};

assay.fill = (host, ...children) => {
  host.replaceChildren(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return host;
};

// ---- numbers -------------------------------------------------------------------------------------------------------
// A name that may break after ':', '/', '-', '.' and '_', and only there where that is enough.
assay.breakable = (name) => name.split(/(?<=[:/._-])/).flatMap((part, at) => (at ? [document.createElement('wbr'), part] : [part]));
assay.known = (value) => value !== null && value !== undefined;
assay.percent = (value, decimals = 1) => assay.known(value) ? (value * 100).toFixed(decimals) : '–';
assay.points = (value) => (value > 0 ? '+' : value < 0 ? '−' : '±') + Math.abs(value * 100).toFixed(1);
assay.interval = (ci) => ci ? `${assay.percent(ci[0])} – ${assay.percent(ci[1])}` : 'interval not known';
assay.count = (value) => assay.known(value) ? value.toLocaleString('en-US') : '–';
assay.usd = (value) => {
  if (!assay.known(value)) return '–';
  if (value === 0) return '$0';
  if (value >= 1) return '$' + value.toFixed(2);
  const digits = Math.min(12, 1 - Math.floor(Math.log10(value)));
  return '$' + value.toFixed(digits).replace(/(\.\d\d+?)0+$/, '$1');
};
assay.ms = (value) => {
  if (!assay.known(value)) return '–';
  if (value >= 100e3) return `${(value / 1000).toFixed(0)} s`;
  if (value >= 1000) return `${(value / 1000).toPrecision(3)} s`;
  return `${value >= 100 ? value.toFixed(0) : value >= 1 ? value.toPrecision(2) : value.toPrecision(1)} ms`;
};
assay.ratio = (value) => `${value >= 10 ? value.toFixed(0) : value.toPrecision(2)}×`;
assay.day = (utc) => (utc || '').slice(0, 10);
assay.rank = (rank) => !rank ? '' : rank[0] === rank[1] ? `${rank[0]}` : `${rank[0]}–${rank[1]}`;
assay.plural = (count, one, many) => `${assay.count(count)} ${count === 1 ? one : many || one + 's'}`;

// ---- the board -----------------------------------------------------------------------------------------------------
// Results gain what they refer to: .run_info, .suite_info, .model_name, .headline, .version.
assay.read_board = async () => {
  const board = await assay.load('board', assay.live ? String(Date.now()) : '');
  assay.live = Boolean(board.live);
  for (const result of board.results) {
    result.run_info = board.runs[result.run];
    result.suite_info = board.suites[result.suite];
    result.model_name = board.models[result.model];
    result.headline = result.metrics[result.suite_info.metric] || {value: null, ci95: null};
    result.version = `${result.run_info.id}.${result.scored + result.failed}`;
    result.link = `${result.run_info.id}.${result.result}`;
  }
  // Changes whenever any result does: for what all of them share.
  let hash = 2166136261;
  for (const character of board.results.map((result) => result.version).join()) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 16777619) >>> 0;
  }
  board.version = hash.toString(16);
  return board;
};
// A strategy stands beside the suite's name, before the other options.
assay.options_beside_strategy = (suite) => Object.entries(suite.options).filter(([key]) => key !== 'strategy').map(([key, value]) => `${key}=${value}`);
assay.suite_label = (suite) => [suite.suite, suite.options.strategy, suite.protocol, `${suite.shots}-shot`,
  suite.samples > 1 ? `${suite.samples} samples` : null, ...assay.options_beside_strategy(suite),
  suite.starter ? 'starter items' : null].filter(Boolean).join(' · ');
assay.explorer_link = (state) => 'explorer.html#' + assay.hash_text(state);
assay.items_missing = (result) => result.items - result.scored;

// ---- state in the address, so that links can be shared -------------------------------------------------------------
assay.hash_text = (state) => {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) if (value) parts.set(key, value);
  return parts.toString();
};
assay.hash_state = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

// ---- the head of each page -----------------------------------------------------------------------------------------
(() => {
  const themes = ['auto', 'light', 'dark'];
  const stored = () => {
    try {
      return localStorage.getItem('assay-theme') || 'auto';
    } catch { // a page from the disk may have no storage
      return document.documentElement.dataset.theme || 'auto';
    }
  };
  const apply = (theme) => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  apply(stored());

  assay.colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  const head = (board, comparisons) => {
    const here = document.body.dataset.page;
    const pages = [['index', 'Leaderboard'], ['explorer', 'Explorer']];
    if (comparisons.length || here === 'compare' || board.results.some((result) => result.suite_info.options.strategy)) pages.push(['compare', 'Comparison']);
    pages.push(['night', 'Nights']);
    const theme = assay.el('button.quiet', {
      type: 'button', title: 'Colours: as the system has them, light, or dark',
      onclick: () => {
        const next = themes[(themes.indexOf(stored()) + 1) % themes.length];
        try {
          localStorage.setItem('assay-theme', next);
        } catch { /* kept for this page alone */ }
        apply(next);
        label();
        document.dispatchEvent(new Event('themechange'));
      },
    });
    const label = () => assay.fill(theme, assay.el('span.theme-word', 'Theme: '), stored());
    label();
    assay.fill(document.getElementById('top'),
      assay.el('a.skip', {href: '#page', onclick: (event) => {
        event.preventDefault();
        document.getElementById('page').focus();
      }}, 'Skip to the content'),
      assay.el('span.brand', 'assay'),
      assay.el('nav', {'aria-label': 'Pages'}, pages.map(([page, title]) =>
        assay.el('a', {href: `${page}.html`, 'aria-current': page === here ? 'page' : null}, title))),
      board.live ? assay.el('span.live', {title: 'The numbers follow the run files'}, 'live') : null,
      theme);
  };

  // Draws the page: draw(board, comparisons), and again where a live board has changed.
  assay.start = (draw) => {
    const show = async () => {
      const host = document.getElementById('page');
      try {
        const board = await assay.read_board();
        const comparisons = await assay.load('comparisons', board.live ? String(Date.now()) : '');
        head(board, comparisons);
        await draw(board, comparisons, host);
        document.body.dataset.ready = 'yes';
        if (board.live) follow(draw, JSON.stringify(board));
      } catch (error) {
        assay.fill(host, assay.el('p.problem', {role: 'alert'}, `This page cannot be drawn: ${error.message}`));
        throw error;
      }
    };
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', show);
    else show();
  };

  const follow = (draw, before) => setTimeout(async () => {
    let now = before;
    try {
      const board = await assay.read_board();
      now = JSON.stringify(board);
      if (now !== before) {
        head(board, await assay.load('comparisons', String(Date.now())));
        await draw(board, await assay.load('comparisons', String(Date.now())), document.getElementById('page'), true);
      }
    } catch { /* the server is away or writing: asked again */ }
    follow(draw, now);
  }, 2000);
})();
