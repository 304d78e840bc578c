// The viewer. Data comes from two kinds of inert elements: one of JSON (table, summaries), and gzipped blocks of transcripts.
// Whatever comes from data becomes a text node: there is one way into the document, `el`, and it knows no markup.
(() => {
  "use strict";

  const D = JSON.parse(document.getElementById("data").textContent);
  const { players, dimensions, sessions: S, rows: R, words: W } = D;
  const COUNT = R.session.length, PLAYERS = players.length;
  const CARDS = matchMedia("(max-width: 1340px)"); // rows become cards; as in the style
  const MIDDLE = matchMedia("(min-width: 760px) and (max-width: 1340px)"); // cards of two lines
  const MOST = 20000; // characters of one text

  // -- document ---------------------------------------------------------------------------------------------------

  const UNSEEN = /[\p{Cf}\p{Cs}]|(?![\n\t])\p{Cc}/gu; // also direction overrides, which make a line read otherwise than it is
  const clean = (text) => {
    const shown = String(text);
    const cut = shown.length > MOST ? `${shown.slice(0, MOST)}… (${shown.length - MOST} more characters)` : shown;
    return cut.replace(UNSEEN, "\uFFFD");
  };
  const ALLOWED = new Set(["class", "id", "title", "role", "type", "for", "tabindex", "placeholder", "aria-label", "aria-sort",
    "aria-pressed", "aria-live", "aria-expanded", "data-label", "value", "open"]);
  function el(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === undefined || value === null || value === false) continue;
      if (typeof value === "function") made.addEventListener(name, value);
      else if (ALLOWED.has(name)) made.setAttribute(name, value === true ? "" : clean(value));
      else throw new Error(`attribute ${name}`);
    }
    for (const child of children.flat(Infinity)) {
      if (child === undefined || child === null || child === false) continue;
      made.append(child instanceof Node ? child : document.createTextNode(clean(child)));
    }
    return made;
  }
  const sized = (node, property, value) => { node.style.setProperty(property, value); return node; };
  const fixed = (v, digits = 3) => (v === null || v === undefined || Number.isNaN(v) ? "–" : v.toFixed(digits).replace(/^-(?=[0.]+$)/, ""));
  const signed = (v, digits = 3) => (v === null || v === undefined || Number.isNaN(v) ? "–" : (v < 0 ? "−" : "+") + Math.abs(v).toFixed(digits));
  const plural = (n, what) => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;

  // -- the table's data -------------------------------------------------------------------------------------------

  const rowOf = new Int32Array(S.id.length * PLAYERS).fill(-1);
  for (let i = 0; i < COUNT; i++) rowOf[R.session[i] * PLAYERS + R.player[i]] = i;
  const number = (v) => (v === null ? NaN : v);
  const difference = (i) => {
    if (state.b < 0) return NaN;
    const a = rowOf[R.session[i] * PLAYERS + state.a], b = rowOf[R.session[i] * PLAYERS + state.b];
    return a < 0 || b < 0 ? NaN : R.return[a] - R.return[b];
  };
  const COLUMNS = [
    { key: "session", label: "session", text: (i) => S.id[R.session[i]] },
    { key: "agent", label: "agent", text: (i) => players[R.player[i]].name },
    { key: "category", label: "category", text: (i) => W[S.category[R.session[i]]] },
    { key: "locale", label: "locale", text: (i) => W[S.locale[R.session[i]]] },
    { key: "constraints", label: "constraints", number: (i) => (S.constraints[R.session[i]] < 0 ? NaN : S.constraints[R.session[i]]), digits: 0 },
    { key: "turns", label: "turns", number: (i) => R.turns[i], digits: 0 },
    { key: "ending", label: "ending", text: (i) => W[R.ending[i]] },
    { key: "met", label: "needs met", number: (i) => R.met[i] / R.goals[i], show: (i) => `${R.met[i]} of ${R.goals[i]}` },
    { key: "cause", label: "lost by", text: (i) => W[R.cause[i]] },
    { key: "gate", label: "failed gates", text: (i) => W[R.gate[i]] },
    { key: "return", label: "return", number: (i) => number(R.return[i]) },
    { key: "lost", label: "lost", number: (i) => number(R.ceiling[i]) - R.return[i] },
    { key: "difference", label: "A − B", number: difference, sign: true },
    { key: "opening", label: "the user says", text: (i) => S.opening[R.session[i]] },
  ];
  const BY = Object.fromEntries(COLUMNS.map((c) => [c.key, c]));
  const FILTERS = ["agent", "category", "locale", "constraints", "ending", "cause", "gate"];
  const shown = (column, i) => {
    if (column.show) return column.show(i);
    if (column.text) return column.text(i);
    return (column.sign ? signed : fixed)(column.number(i), column.digits ?? 3);
  };
  const valueOf = (column, i) => (column.text ? column.text(i) : shown(column, i));

  // -- state, and its address -------------------------------------------------------------------------------------

  const state = { view: "sessions", a: 0, b: PLAYERS > 1 ? 1 : -1, sort: "return", up: true, search: "", filters: {}, need: false,
    session: -1, turn: -1, at: 0 };
  const sessionOf = new Map(S.id.map((id, s) => [id, s]));
  const playerOf = new Map(players.map((p, i) => [p.name, i]));

  function address() {
    const to = new URLSearchParams();
    if (state.view !== "sessions") to.set("view", state.view);
    if (state.view === "session") to.set("s", S.id[state.session]);
    to.set("a", players[state.a].name);
    if (state.b >= 0) to.set("b", players[state.b].name);
    if (state.view === "session" && state.turn >= 0) to.set("t", state.turn + 1);
    if (state.sort !== "return" || !state.up) to.set("sort", `${state.up ? "" : "-"}${state.sort}`);
    if (state.search) to.set("q", state.search);
    for (const [name, value] of Object.entries(state.filters)) to.set(`f.${name}`, value);
    return `#${to}`;
  }
  function read() {
    const from = new URLSearchParams(location.hash.slice(1));
    const view = from.get("view") ?? "sessions";
    state.session = sessionOf.get(from.get("s")) ?? -1;
    state.view = view === "session" && state.session < 0 ? "sessions" : ["session", "losses", "agents"].includes(view) ? view : "sessions";
    if (playerOf.has(from.get("a"))) state.a = playerOf.get(from.get("a"));
    if (from.has("a")) state.b = playerOf.get(from.get("b")) ?? -1;
    state.turn = from.has("t") ? Number.parseInt(from.get("t"), 10) - 1 : -1;
    const sort = from.get("sort") ?? "return";
    state.up = !sort.startsWith("-");
    state.sort = BY[sort.replace(/^-/, "")] ? sort.replace(/^-/, "") : "return";
    state.search = from.get("q") ?? "";
    state.filters = {};
    for (const name of FILTERS) if (from.has(`f.${name}`)) state.filters[name] = from.get(`f.${name}`);
  }
  function go(changes, replace = false) {
    Object.assign(state, changes);
    history[replace ? "replaceState" : "pushState"](null, "", address());
    draw();
  }

  // -- filter and order -------------------------------------------------------------------------------------------

  const sorted = new Map(); // column, direction and, for differences, the two -> all rows in order
  function ordered() {
    const key = `${state.sort} ${state.up} ${state.sort === "difference" ? `${state.a} ${state.b}` : ""}`;
    if (!sorted.has(key)) {
      const column = BY[state.sort], sign = state.up ? 1 : -1;
      let value;
      if (column.text) {
        const texts = Array.from({ length: COUNT }, (_, i) => column.text(i));
        const place = new Map([...new Set(texts)].sort().map((t, n) => [t, n]));
        value = Float64Array.from(texts, (t) => place.get(t));
      } else value = Float64Array.from({ length: COUNT }, (_, i) => column.number(i));
      const all = Int32Array.from({ length: COUNT }, (_, i) => i);
      all.sort((x, y) => {
        const p = value[x], q = value[y];
        if (p === q) return x - y;
        if (Number.isNaN(p)) return Number.isNaN(q) ? x - y : 1;
        if (Number.isNaN(q)) return -1;
        return sign * (p - q);
      });
      if (sorted.size > 12) sorted.delete(sorted.keys().next().value);
      sorted.set(key, all);
    }
    return sorted.get(key);
  }
  const headText = []; // session -> what is searched without reading transcripts
  function head(s) {
    return (headText[s] ??= `${S.id[s]} ${S.user[s]} ${W[S.category[s]]} ${S.opening[s]}`.toLowerCase());
  }
  function selected() {
    const tests = Object.entries(state.filters).map(([name, wanted]) => {
      const column = BY[name], known = new Map();
      const raw = { agent: R.player, ending: R.ending, cause: R.cause, gate: R.gate }[name];
      return (i) => {
        const key = raw ? raw[i] : R.session[i];
        if (!known.has(key)) known.set(key, valueOf(column, i) === wanted);
        return known.get(key);
      };
    });
    const terms = state.search.toLowerCase().split(/\s+/).filter(Boolean);
    const all = ordered(), found = new Int32Array(COUNT);
    let n = 0;
    for (let k = 0; k < COUNT; k++) {
      const i = all[k];
      let keep = true;
      for (let t = 0; keep && t < tests.length; t++) keep = tests[t](i);
      for (let t = 0; keep && t < terms.length; t++) keep = head(R.session[i]).includes(terms[t]) || (said[i] ?? "").includes(terms[t]);
      if (keep) found[n++] = i;
    }
    return found.subarray(0, n);
  }

  // -- transcripts ------------------------------------------------------------------------------------------------

  const unpacked = new Map();
  async function block(b) {
    if (!unpacked.has(b)) {
      const packed = atob(document.getElementById(`block-${b}`).textContent);
      const bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      if (unpacked.size > 24) unpacked.delete(unpacked.keys().next().value);
      unpacked.set(b, new Response(stream).json());
    }
    return unpacked.get(b);
  }
  const transcript = async (s) => (await block(Math.floor(s / D.block)))[s % D.block];

  const said = []; // row -> all words of its transcript, once somebody searches
  let indexing = null;
  const BLOCKS = Math.ceil(S.id.length / D.block);
  function index(progress) {
    indexing ??= (async () => {
      for (let b = 0; b < BLOCKS; b++) {
        const found = await block(b);
        found.forEach((one, k) => {
          const s = b * D.block + k, base = `${one.asked.instruction ?? ""} ${one.asked.opening}`;
          for (const trace of one.traces) {
            const parts = [base];
            for (const t of trace.turns) {
              parts.push(t.text, t.reply, t.query ?? "", t.raw ?? "", ...(t.items ?? []).map((i) => i.name), ...t.reasons.map((r) => r[1]));
            }
            said[rowOf[s * PLAYERS + trace.player]] = parts.join(" ").toLowerCase();
          }
        });
        if (b % 8 === 7 || b === BLOCKS - 1) { progress(b + 1); await new Promise((done) => setTimeout(done)); }
      }
      return true;
    })();
    return indexing;
  }
  let indexed = 0;

  // -- the page ---------------------------------------------------------------------------------------------------

  const main = el("main", {});
  const tab = (view, label) => el("button", { type: "button", class: "tab", click: () => go({ view, turn: -1 }) }, label);
  const tabs = { sessions: tab("sessions", "Sessions"), losses: tab("losses", "Where reward is lost"), agents: tab("agents", "Agents") };
  const help = el("dialog", { "aria-label": "help" },
    el("h2", {}, "Keys"),
    el("dl", { class: "keys" }, [["/", "search"], ["j k", "next and previous row; in a session, next and previous turn"],
      ["Enter", "open the session of the marked row"], ["→ ←", "next and previous session in the list"], ["n", "show or hide the user's need"],
      ["x", "swap A and B"], ["Esc", "back to the list"], ["?", "this"]].map(([k, v]) => [el("dt", {}, k), el("dd", {}, v)])),
    el("h2", {}, "Words"),
    el("dl", { class: "keys" }, dimensions.map((d) => [el("dt", {}, d.short), el("dd", {}, d.name)]),
      [["return", "sum of what the turns of a session were paid"], ["ceiling", "what an agent that knows everything would have been paid"],
        ["worth", "of an item, shown with the need: the value of a slate of it alone"],
        ["lost by", "what cost a session most of the way down from its ceiling"],
        ["gate", "a dimension below its threshold: the turn is worth 0"],
        ["A − B", "return of agent A less that of agent B on the same session"],
        ["hidden", "agents never see the need, what items miss of it, or what happened behind the scenes"]].map(
        ([k, v]) => [el("dt", {}, k), el("dd", {}, v)])),
    el("button", { type: "button", click: () => help.close() }, "close"));
  document.getElementById("app").append(
    el("header", {}, el("h1", {}, D.title), el("nav", {}, Object.values(tabs),
      el("button", { type: "button", class: "tab", "aria-label": "help", click: () => help.showModal() }, "?"))),
    ...D.runs.map((run) => el("p", { class: "facts" }, D.runs.length > 1 ? `${run.name}: ` : "", run.facts)),
    ...D.runs.filter((run) => run.unfinished).map((run) => el("p", { class: "banner" }, run.unfinished, "; its numbers are provisional")),
    main, help);

  let current = null; // what the view of the moment does with keys and sizes
  function draw() {
    for (const [view, button] of Object.entries(tabs)) button.classList.toggle("on", view === state.view || (view === "sessions" && state.view === "session"));
    const same = current && current.view === state.view && current.again;
    if (same) return current.again();
    const made = { sessions: sessionsView, losses: lossesView, agents: agentsView, session: sessionView }[state.view]();
    current = { view: state.view, ...made };
    main.replaceChildren(...made.nodes);
    current.ready?.();
  }

  // -- sessions ---------------------------------------------------------------------------------------------------

  function options(name) {
    const counts = new Map(), column = BY[name];
    for (let i = 0; i < COUNT; i++) { const v = valueOf(column, i); counts.set(v, (counts.get(v) ?? 0) + 1); }
    const list = [...counts.keys()].sort((x, y) => (column.number ? Number(x) - Number(y) : x < y ? -1 : 1));
    if (name === "agent") list.sort((x, y) => playerOf.get(x) - playerOf.get(y));
    return list.map((v) => [v, `${v === "" ? "none" : v} (${counts.get(v).toLocaleString("en")})`]);
  }
  function choose(label, value, list, change, empty) {
    const select = el("select", { "aria-label": label, change: () => change(select.value) },
      empty === undefined ? [] : el("option", { value: "\u0001" }, empty), list.map(([v, text]) => el("option", { value: v }, text)));
    // values are set as properties: what is cleaned for show would not be found again
    [...select.options].forEach((o, k) => { o.value = empty !== undefined && k === 0 ? "\u0001" : list[k - (empty === undefined ? 0 : 1)][0]; });
    select.value = value;
    return el("label", { class: "choice" }, el("span", {}, label), select);
  }
  const pick = (label, key, none) => choose(label, String(state[key]), [...(none ? [["-1", "none"]] : []), ...players.map((p, i) => [String(i), p.name])],
    (v) => go({ [key]: Number(v) }, true));

  function sessionsView() {
    let list = new Int32Array(0), mark = state.at;
    const body = el("div", { class: "rows" }), scroll = el("div", { class: "scroll", tabindex: "0", role: "table", "aria-label": "sessions" });
    const count = el("p", { class: "count", "aria-live": "polite" });
    const search = el("input", { type: "search", placeholder: "search all that was said", "aria-label": "search" });
    search.value = state.search;
    let wait = 0;
    search.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(() => go({ search: search.value, at: 0 }, true), 60); });
    const filters = el("div", { class: "filters" });
    const headRow = el("div", { class: "row head", role: "row" }, COLUMNS.map((c) => el("button", {
      type: "button", class: `cell ${c.key}`, role: "columnheader", click: () => go({ sort: c.key, up: state.sort === c.key ? !state.up : !c.sign && c.key !== "lost", at: 0 }, true),
    }, c.label)));
    const select = (label) => label.querySelector("select");
    const fields = FILTERS.filter((f) => f !== "gate" || R.gate.some((g) => W[g] !== "")).map((name) => {
      const label = choose(BY[name].label, "\u0001", options(name), (v) => {
        const next = { ...state.filters };
        if (v === "\u0001") delete next[name]; else next[name] = v;
        go({ filters: next, at: 0 }, true);
      }, "all");
      return { name, label, select: select(label) };
    });
    const sortBy = choose("sort by", state.sort, COLUMNS.map((c) => [c.key, c.label]), (v) => go({ sort: v, at: 0 }, true));
    const pickA = pick("A", "a", false), pickB = pick("B", "b", true);
    const first = select(pickA), second = select(pickB), sorting = select(sortBy);
    const button = (text, does) => el("button", { type: "button", class: "small", click: does }, text);
    const widest = button("A loses most first", () => go({ sort: "difference", up: true, at: 0 }, true));
    const more = el("details", { class: "more", open: !matchMedia("(max-width: 520px)").matches }, el("summary", {}, "filters, A and B, order"),
      el("div", { class: "filters" }, fields.map((f) => f.label), pickA, pickB, sortBy));
    filters.append(el("label", { class: "choice wide" }, el("span", {}, "search"), search), more, button("worst first", () => go({ sort: "return", up: true, at: 0 }, true)), widest,
      button("clear", () => { search.value = ""; go({ filters: {}, search: "", at: 0 }, true); }));

    scroll.append(headRow, body);

    const height = () => (MIDDLE.matches ? 52 : CARDS.matches ? 112 : 30);
    function row(k) {
      const i = list[k];
      const made = el("div", { class: `row${k === mark ? " marked" : ""}`, role: "row", click: () => open(k) }, COLUMNS.map((c) => {
        const text = shown(c, i);
        const cell = el("div", { class: `cell ${c.key}`, role: "cell", "data-label": c.label, title: c.text ? text : undefined }, c.key === "session" ? el("bdi", {}, text) : text);
        if (c.key === "return") {
          const bar = sized(el("i", { class: "meter" }), "width", `${Math.max(0, Math.min(1, R.return[i] / (number(R.ceiling[i]) || 1))) * 2.6}rem`);
          sized(bar, "background", players[R.player[i]].colour);
          cell.prepend(bar);
        }
        if (c.key === "difference" && !Number.isNaN(c.number(i))) cell.classList.add(c.number(i) < 0 ? "bad" : c.number(i) > 0 ? "good" : "grey");
        if (c.key === "ending") cell.classList.add({ met: "good", left: "bad" }[text] ?? "warn");
        return cell;
      }));
      return sized(made, "top", `${k * height()}px`);
    }
    function paint() {
      const h = height(), first = Math.max(0, Math.floor(scroll.scrollTop / h) - 6);
      const last = Math.min(list.length, Math.ceil((scroll.scrollTop + scroll.clientHeight) / h) + 6);
      body.replaceChildren(...Array.from({ length: Math.max(0, last - first) }, (_, k) => row(first + k)));
    }
    function open(k) {
      state.at = k;
      const player = R.player[list[k]];
      const other = player === state.a ? state.b : player === state.b ? state.a : state.b >= 0 ? state.b : -1;
      go({ view: "session", session: R.session[list[k]], turn: -1, a: player, b: other });
    }
    function again() {
      const start = performance.now();
      list = selected();
      mark = Math.min(state.at, Math.max(0, list.length - 1));
      for (const f of fields) f.select.value = state.filters[f.name] ?? "\u0001";
      for (const [select, key] of [[first, "a"], [second, "b"]]) select.value = String(state[key]);
      sorting.value = state.sort;
      widest.hidden = state.b < 0;
      if (document.activeElement !== search) search.value = state.search;
      const seen = new Uint8Array(S.id.length);
      let among = 0;
      for (let k = 0; k < list.length; k++) if (!seen[R.session[list[k]]]) { seen[R.session[list[k]]] = 1; among++; }
      const reading = state.search && indexed < BLOCKS ? ` · reading transcripts, ${Math.round((100 * indexed) / BLOCKS)} %` : "";
      count.replaceChildren(`${plural(list.length, "row")} of ${COUNT.toLocaleString("en")} · ${plural(among, "session")}${reading}`);
      for (const [k, c] of COLUMNS.entries()) headRow.children[k].setAttribute("aria-sort", state.sort === c.key ? (state.up ? "ascending" : "descending") : "none");
      sized(body, "height", `${list.length * height()}px`);
      paint();
      document.documentElement.dataset.filtered = String(performance.now() - start);
      if (state.search && indexed < BLOCKS) index((done) => { indexed = done; if (current.again === again) again(); });
    }
    const longest = (texts) => Math.min(24, Math.max(6, ...new Set(texts.map((t) => t.length)))); // characters that a column is given
    sized(sized(scroll, "--ids", `${longest(S.id) * 0.62}rem`), "--agents", `${longest(players.map((p) => p.name)) * 0.58}rem`);
    let frame = 0;
    scroll.addEventListener("scroll", () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(paint); });
    function move(step) {
      mark = Math.max(0, Math.min(list.length - 1, mark + step));
      state.at = mark;
      const top = mark * height();
      const room = scroll.clientHeight - headRow.offsetHeight;
      if (top < scroll.scrollTop) scroll.scrollTop = top;
      if (top + height() > scroll.scrollTop + room) scroll.scrollTop = top + height() - room;
      paint();
    }
    return {
      nodes: [filters, count, scroll], again, resize: again,
      ready: () => { again(); scroll.scrollTop = Math.max(0, (mark - 3) * height()); paint(); },
      keys: { j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: () => list.length && open(mark),
        "/": () => search.focus(), x: () => state.b >= 0 && go({ a: state.b, b: state.a }, true) },
    };
  }

  // -- one session ------------------------------------------------------------------------------------------------

  const TOLD = { volunteered: "said at once", on_ask: "told when asked", hidden: "never told" };
  function sessionView() {
    const area = el("div", { class: "session" });
    let order = [];
    const place = () => order.indexOf(state.session);
    function step(by) {
      const to = place() + by;
      if (to >= 0 && to < order.length) go({ session: order[to], turn: -1 });
    }
    let turns = 0, drawn = 0;
    async function again() {
      const mine = ++drawn;
      order = [...new Set(Array.from(selected(), (i) => R.session[i]))];
      const s = state.session, one = await transcript(s);
      if (mine !== drawn) return;
      const sides = [state.a, state.b].filter((p) => p >= 0).map((p) => ({ player: p, row: rowOf[s * PLAYERS + p], trace: one.traces.find((t) => t.player === p) }));
      turns = Math.max(0, ...sides.map((side) => side.trace?.turns.length ?? 0));
      area.classList.toggle("pair", sides.length > 1);
      area.replaceChildren(bar(), top(s, one.asked), payLines(sides), ...grid(sides, one.asked));
      const target = state.turn >= 0 && area.querySelector(`#turn-${state.turn + 1}`);
      if (target) { target.classList.add("linked"); target.scrollIntoView({ block: "start" }); } else if (again.session !== s) scrollTo(0, 0);
      again.session = s;
    }
    function bar() {
      const at = place();
      return el("div", { class: "bar" },
        el("button", { type: "button", click: () => go({ view: "sessions", turn: -1 }) }, "← list"),
        el("button", { type: "button", click: () => step(-1), "aria-label": "previous session" }, "← previous"),
        el("span", { class: "grey" }, at < 0 ? "not in the list" : `${at + 1} of ${order.length}`),
        el("button", { type: "button", click: () => step(1), "aria-label": "next session" }, "next →"),
        pick("A", "a", false), pick("B", "b", true),
        el("button", { type: "button", class: "need", "aria-pressed": String(state.need), click: () => { state.need = !state.need; again(); } },
          state.need ? "hide the need" : "show the need (hidden from agents)"));
    }
    function top(s, asked) {
      const facts = [W[S.category[s]], W[S.locale[s]], `${W[S.source[s]]} session`, `user ${S.user[s]}`].join(" · ");
      const pairs = (o) => Object.entries(o).map(([k, v]) => `${k} ${v}`).join(" · ");
      return el("section", { class: "asked" }, el("h2", {}, `Session ${S.id[s]}`), el("p", { class: "grey" }, facts),
        asked.known ? el("dl", {}, el("dt", {}, "instruction"), el("dd", {}, asked.instruction || "none"),
          Object.keys(asked.context).length ? [el("dt", {}, "context"), el("dd", {}, pairs(asked.context))] : [],
          Object.keys(asked.profile).length ? [el("dt", {}, "user"), el("dd", {}, pairs(asked.profile))] : [])
          : el("p", { class: "grey" }, "Instruction and need are not in this run's folder, and its world is not here."),
        el("div", { class: "bubble user" }, asked.opening),
        asked.known && state.need ? el("div", { class: "hidden" }, el("p", { class: "warn" }, "hidden from agents"), asked.goals.map((goal, g) => [
          asked.goals.length > 1 ? el("p", {}, `need ${g + 1}: ${goal.query}`) : [],
          el("ol", {}, goal.need.map((w) => el("li", {}, w.text, " ", el("small", {}, `${w.rule} · ${TOLD[w.disclosure] ?? w.disclosure}`)))),
          el("p", { class: "grey" }, `${goal.fitting} of ${plural(goal.candidates, "candidate")} meet all of it`)]),
        el("p", { class: "grey" }, `the user bears ${plural(asked.patience, "turn")} that fail`)) : []);
    }
    function payLines(sides) {
      const points = sides.flatMap(({ player, trace }) => {
        let sum = 0;
        return trace ? [{ turn: 0, paid: 0, agent: players[player].name }, ...trace.turns.map((t, k) => ({ turn: k + 1, paid: (sum += t.paid), agent: players[player].name }))] : [];
      });
      const found = figure("paid, summed over turns", { width: Math.min(area.clientWidth || 600, 620), height: 130, marginLeft: 36,
        x: { ticks: [...new Set(points.map((p) => p.turn))], tickFormat: "d", label: "turn" }, y: { label: null, ticks: 3, grid: true },
        color: colours(sides.map((x) => x.player)),
        marks: [Plot.ruleY([0], { stroke: "#d0d7de" }), Plot.lineY(points, { x: "turn", y: "paid", stroke: "agent", strokeWidth: 1.8 }),
          Plot.dot(points, { x: "turn", y: "paid", fill: "agent", r: 2.6 })] });
      return found;
    }
    function grid(sides, asked) {
      const heads = el("div", { class: "turn heads" }, sides.map(({ player, row, trace }, k) => el("div", { class: "side" },
        sized(el("h3", {}, `${sides.length > 1 ? (k ? "B " : "A ") : ""}${players[player].name}`), "color", players[player].colour),
        trace ? el("p", { class: "grey" }, `return ${fixed(R.return[row])} of ${fixed(R.ceiling[row])} · ${R.met[row]} of ${R.goals[row]} needs met · ${W[R.ending[row]]}`,
          trace.lost ? ` · ${trace.lost}` : "") : el("p", { class: "grey" }, "has not played this session"))));
      const rows = Array.from({ length: turns }, (_, t) => el("div", { class: "turn", id: `turn-${t + 1}` }, sides.map(({ player, trace }, k) => {
        const turn = trace?.turns[t], other = sides[1 - k]?.trace;
        return turn ? side(turn, t, trace.turns.length, other, k, sides.length > 1 ? players[player].name : "", asked) : el("div", { class: "side ended" }, trace && t === trace.turns.length ? "the session has ended" : "");
      })));
      return [heads, ...rows];
    }
    function side(turn, t, count, other, k, name, asked) {
      const goals = asked.goals?.length ?? 1;
      const words = { search: [turn.query, Object.entries(turn.filters ?? {}).map(([a, b]) => `${a}: ${b}`).join(", ")].filter(Boolean).join(" · "), malformed: turn.raw }[turn.act] ?? turn.text;
      const link = el("button", { type: "button", class: "link", title: "link to this turn", click: () => go({ turn: t }, true) }, `turn ${t + 1} of ${count}`);
      const there = new Map((other?.turns ?? []).flatMap((o, n) => (o.items ?? []).map((i, rank) => [i.id, [n, rank]])).reverse());
      const now = new Map((other?.turns[t]?.items ?? []).map((i, rank) => [i.id, rank]));
      return el("div", { class: "side" },
        el("div", { class: "tag" }, link, goals > 1 ? ` · need ${turn.goal + 1} of ${goals}` : "", ` · ${turn.act}`, name ? el("b", { class: "who" }, name) : []),
        words ? el("div", { class: `bubble ${turn.act === "malformed" ? "broken" : "agent"}` }, words) : [],
        turn.error ? el("p", { class: "bad" }, turn.error) : [],
        turn.items ? el("ol", { class: "slate" }, turn.items.map((item, rank) => {
          const taken = turn.taken === rank;
          const where = now.has(item.id) ? `${k ? "A" : "B"} shows it at ${now.get(item.id) + 1}` : there.has(item.id) ? `${k ? "A" : "B"} showed it in turn ${there.get(item.id)[0] + 1}` : "";
          return el("li", { class: taken ? "taken" : undefined }, taken ? (turn.kind === "order" ? "✓ " : "? ") : "", item.name || "unknown item",
            where ? el("span", { class: "both" }, where) : [],
            state.need ? el("small", {}, [misses(item), item.worth === undefined ? "" : `worth ${fixed(item.worth, 2)}`].filter(Boolean).join(" · ")) : []);
        })) : [],
        el("div", { class: `tag answer ${D.tones[turn.kind] ?? ""}` }, turn.kind, turn.extrapolated ? " · beyond the log" : ""),
        turn.reply && turn.kind === "results" ? el("details", {}, el("summary", { class: "grey" }, "what the search brought up"), el("div", { class: "bubble agent" }, turn.reply)) : [],
        turn.reply && turn.kind !== "results" ? el("div", { class: "bubble user" }, turn.reply) : [],
        turn.told ? el("div", { class: "tag answer" }, `now told: ${turn.told.join(", ")}`) : [],
        el("div", { class: "cells" }, meter("value", "#1f2328", turn.value, turn.gate.length > 0, signed(turn.paid, 2), "hybrid scalar of the turn, and what was paid"),
          dimensions.map((d, n) => meter(d.short, d.colour, turn.components[n], turn.gate.includes(n), turn.sources[n] === "rule" ? "rule" : "", `${d.name}: ${turn.sources[n] || "no value"}`))),
        el("ul", { class: "why" }, turn.reasons.map(([shorts, text, failed]) => el("li", { class: failed ? "bad" : undefined }, shorts ? `${shorts}: ` : "", text))),
        state.need && turn.behind ? el("p", { class: "warn behind" }, `behind the scenes: ${turn.behind}`) : []);
    }
    function misses(item) {
      const lacks = [...(item.missed ?? []).map((m) => `"${m}"`), ...(item.unknown ?? []).map((m) => `"${m}" (record does not say)`)];
      const rest = item.verdict && !["misses", "record does not say", "ordered"].includes(item.verdict) ? item.verdict : "";
      return [lacks.length ? `misses ${lacks.join(", ")}` : "", rest].filter(Boolean).join("; ");
    }
    function meter(label, colour, value, failed, note, title) {
      const bar = el("div", { class: `track${value === null ? " none" : ""}${failed ? " gate" : ""}` });
      if (value !== null) bar.append(sized(sized(el("i", {}), "width", `${Math.max(0, Math.min(1, value)) * 100}%`), "background", colour));
      return el("div", { class: "metered", title }, sized(el("span", { class: "short" }, label), "color", colour), el("span", { class: failed ? "bad" : undefined }, fixed(value, 2)),
        note ? el("small", {}, note) : [], bar);
    }
    function turnTo(by) {
      const to = Math.max(0, Math.min(turns - 1, (state.turn < 0 ? (by > 0 ? -1 : turns) : state.turn) + by));
      if (turns) go({ turn: to }, true);
    }
    return {
      nodes: [area], again, ready: again, resize: again,
      keys: { ArrowRight: () => step(1), ArrowLeft: () => step(-1), j: () => turnTo(1), k: () => turnTo(-1), n: () => { state.need = !state.need; again(); },
        x: () => state.b >= 0 && go({ a: state.b, b: state.a }, true), Escape: () => go({ view: "sessions", turn: -1 }), "/": () => go({ view: "sessions", turn: -1 }) },
    };
  }

  // -- charts -----------------------------------------------------------------------------------------------------

  const colours = (chosen) => ({ legend: chosen.length > 1, domain: chosen.map((p) => players[p].name), range: chosen.map((p) => players[p].colour) });
  function figure(title, options, note) {
    const chart = Plot.plot({ style: { fontFamily: "inherit", fontSize: "11px", overflow: "visible" }, ...options });
    return sized(el("figure", {}, el("figcaption", {}, el("b", {}, title), note ? el("span", { class: "grey" }, note) : []), chart), "width", `${options.width}px`);
  }
  const GATE = "#c0271d", WARN = "#9a6700", BLUE = "#4477aa", INK = "#1f2328", GREY = "#656d76";

  function waterfall(one, width) {
    let at = one.ceiling;
    const steps = [{ name: "ceiling", from: 0, to: at, colour: GREY, text: fixed(at) }];
    const big = one.lost.filter(([, lost]) => Math.abs(lost) >= 0.0005), named = big.slice(0, 9);
    const rest = one.lost.reduce((sum, [, lost]) => sum + lost, 0) - named.reduce((sum, [, lost]) => sum + lost, 0);
    for (const [cause, lost, share] of [...named, ...(Math.abs(rest) >= 0.0005 ? [["all else", rest, null]] : [])]) {
      const colour = cause.startsWith("gate: ") ? GATE : /^(left|not met)/.test(cause) ? WARN : BLUE;
      steps.push({ name: clean(cause), from: at, to: at - lost, colour, text: `${signed(-lost)}${share === null ? "" : ` (${Math.round(share * 100)} %)`}` });
      at -= lost;
    }
    steps.push({ name: "return", from: 0, to: one.total, colour: INK, text: fixed(one.total) });
    const top = Math.max(one.ceiling, one.total, 0.01), left = width < 420 ? 128 : 190;
    return figure(players[one.player].name, { width, height: 34 * steps.length + 30, marginLeft: left, marginRight: 92, x: { domain: [0, top], axis: null }, y: { domain: steps.map((s) => s.name), label: null },
      marks: [Plot.axisY({ tickSize: 0, label: null, lineWidth: (left - 14) / 11 }), Plot.barX(steps, { x1: "from", x2: "to", y: "name", fill: "colour", insetTop: 3, insetBottom: 3 }),
        Plot.text(steps, { x: (s) => Math.max(s.from, s.to), y: "name", text: "text", textAnchor: "start", dx: 4, fill: GREY })] },
    `${plural(one.n, "session")}; in brackets the share that lost by it`);
  }
  function byTurn(found, what, title, note, width) {
    const most = Math.max(1, ...found.map((one) => one.turns.length));
    const points = found.flatMap((one) => {
      const own = one.turns.map((t) => ({ turn: t.turn, n: t.n, mean: t[what][0], low: t[what][1], high: t[what][2], agent: players[one.player].name }));
      if (what === "paid" && own.length) for (let t = own.length + 1; t <= most; t++) own.push({ ...own[own.length - 1], turn: t });
      return own.filter((p) => p.mean !== null);
    });
    return figure(title, { width, height: 230, marginLeft: 36, x: { label: "turn", tickFormat: "d", ticks: Math.min(most, 12), interval: 1 }, y: { label: null, grid: true, clamp: true, ...(what === "value" ? { domain: [0, 1] } : {}) },
      color: colours(found.map((one) => one.player)),
      marks: [Plot.areaY(points.filter((p) => p.low !== null), { x: "turn", y1: "low", y2: "high", fill: "agent", fillOpacity: 0.12 }), Plot.lineY(points, { x: "turn", y: "mean", stroke: "agent", strokeWidth: 1.6 }),
        Plot.dot(points, { x: "turn", y: "mean", fill: "agent", r: 2.4, title: (p) => `${p.agent}, turn ${p.turn}: ${fixed(p.mean)} (${p.n})` })] }, note);
  }
  function heat(one, width) {
    const cells = one.turns.flatMap((t) => dimensions.map((d, n) => ({ turn: t.turn, short: d.short, value: t.dimensions[n] }))).filter((c) => c.value !== null);
    const few = (width - 48) / one.turns.length >= 28, every = Math.ceil(one.turns.length / 10);
    return figure(players[one.player].name, { width, height: 190, marginLeft: 40, marginBottom: 42, x: { label: null, tickSize: 0, type: "band", domain: one.turns.map((t) => t.turn), tickFormat: (t) => (few ? `${t}\nn=${one.turns[t - 1].n}` : `${t}`), ...(few ? {} : { ticks: one.turns.map((t) => t.turn).filter((t) => (t - 1) % every === 0) }) },
      y: { label: null, tickSize: 0, domain: dimensions.map((d) => d.short) }, color: { scheme: "Blues", domain: [-0.15, 1.25] },
      marks: [Plot.cell(cells, { x: "turn", y: "short", fill: "value", inset: 0.6, title: (c) => `${c.short}, turn ${c.turn}: ${fixed(c.value)}` }),
        few ? Plot.text(cells, { x: "turn", y: "short", text: (c) => fixed(c.value, 2), fill: (c) => (c.value > 0.55 ? "white" : INK) }) : null] }, "mean by turn of sessions that came so far; blank where there is no value");
  }
  function spread(found, width) {
    const bins = found[0].histogram.length, size = (D.summary.high - D.summary.low) / bins;
    const bars = found.flatMap((one) => { const most = Math.max(1, ...one.histogram); return one.histogram.map((n, k) => ({ agent: players[one.player].name, from: D.summary.low + k * size, to: D.summary.low + (k + 1) * size, part: n / most, n })); });
    return figure("how returns are spread", { width, height: 34 + 46 * found.length, marginLeft: width < 420 ? 84 : 110, x: { label: "return" }, y: { axis: null }, fy: { label: null, domain: found.map((one) => players[one.player].name) },
      marks: [Plot.rectY(bars.filter((b) => b.n), { x1: "from", x2: "to", y: "part", fy: "agent", fill: (b) => players[playerOf.get(b.agent)].colour, insetLeft: 0.5, insetRight: 0.5, title: (b) => `${b.agent}: ${plural(b.n, "session")} from ${fixed(b.from, 2)} to ${fixed(b.to, 2)}` }), Plot.axisFy({ anchor: "left", label: null, lineWidth: width < 420 ? 7 : 9 })] }, "sessions by return, each agent to its own height");
  }
  function groups(found, what, width) {
    const points = found.flatMap((one) => one.groups.filter((g) => g.what === what).map((g) => ({ name: g.name, n: g.n, mean: g.total[0], low: g.total[1], high: g.total[2], agent: players[one.player].name })));
    const names = [...new Set(points.map((p) => p.name))].sort((a, b) => (Number(a) - Number(b) || (a < b ? -1 : 1)));
    const label = new Map(names.map((name) => {
      const counts = points.filter((p) => p.name === name).map((p) => p.n), least = Math.min(...counts), most = Math.max(...counts);
      return [name, clean(`${name} (n=${least === most ? most : `${least} to ${most}`})`)];
    }));
    // no further than returns that were seen: of two users Student's t says next to nothing
    const seen = points.flatMap((p) => [p.mean, Math.max(p.low ?? p.mean, D.summary.low), Math.min(p.high ?? p.mean, D.summary.high)]);
    const low = Math.min(...seen), high = Math.max(...seen), room = 0.03 * (high - low || 1);
    const of = (p) => label.get(p.name);
    return figure(`mean return by ${["constraints", "goals"].includes(what) ? "number of " : ""}${what}`, { width, height: 46 + names.length * (16 + 11 * found.length), marginLeft: width < 420 ? 112 : 140, x: { label: null, grid: true, domain: [low - room, high + room] }, y: { axis: null, domain: found.map((one) => players[one.player].name) },
      fy: { label: null, domain: names.map((n) => label.get(n)) }, color: colours(found.map((one) => one.player)),
      marks: [Plot.axisFy({ anchor: "left", label: null, lineWidth: width < 420 ? 9 : 11 }), Plot.ruleY(points.filter((p) => p.low !== null), { x1: "low", x2: "high", y: "agent", fy: of, stroke: "agent", strokeWidth: 1.4, clip: true }),
        Plot.dot(points, { x: "mean", y: "agent", fy: of, fill: "agent", r: 3, title: (p) => `${p.agent}: ${fixed(p.mean)} [${fixed(p.low)}, ${fixed(p.high)}]` })] }, "with 95 % intervals over users, by Student's t");
  }
  function lossesView() {
    const area = el("div", { class: "charts" });
    const hiddenPlayers = new Set();
    function again() {
      const found = D.summary.players.filter((one) => !hiddenPlayers.has(one.player));
      const wide = main.clientWidth, width = Math.max(260, wide < 760 ? wide : Math.min(600, Math.floor((wide - 32) / (wide < 1300 ? 2 : 3))));
      const part = (title, text, nodes) => [el("h2", {}, title), el("p", { class: "grey" }, text), el("div", { class: "flow" }, nodes)];
      const chips = el("div", { class: "filters" }, D.summary.players.map((one) => el("button", { type: "button", class: "small", "aria-pressed": String(!hiddenPlayers.has(one.player)), click: () => {
        if (!hiddenPlayers.delete(one.player) && found.length > 1) hiddenPlayers.add(one.player);
        again();
      } }, sized(el("i", { class: "dot" }), "background", players[one.player].colour), players[one.player].name)));
      if (!found.length) return area.replaceChildren(el("p", {}, "no session is finished yet"));
      const known = found.filter((one) => one.ceiling !== null);
      area.replaceChildren(chips,
        ...(known.length ? part("From the ceiling down", "What an agent that knows everything would be paid for a session, what was lost on the way and why, and what is left. Means over all sessions.", known.map((one) => waterfall(one, width)))
          : part("From the ceiling down", "These runs have no ceiling: their reward does not pay by outcome and quality, or it was not worked out.", [])),
        ...part("Turn by turn", dimensions.map((d) => `${d.short} ${d.name}`).join(" · "), [
          byTurn(found, "paid", "paid up to a turn", "mean over all sessions, with 95 % band", width), byTurn(found, "value", "value of a turn", "mean of the sessions that came so far, with 95 % band", width),
          spread(found, width), ...found.map((one) => heat(one, width))]),
        ...part("By kind of session", "Where returns differ between kinds of sessions.", [...new Set(found.flatMap((one) => one.groups.map((g) => g.what)))].map((what) => groups(found, what, width))));
    }
    return { nodes: [area], again, ready: again, resize: again, keys: {} };
  }

  function agentsView() {
    const names = ["return", ...dimensions.map((d) => d.short), "turns", "needs met", "left"];
    const table = el("table", { class: "board" }, el("thead", {}, el("tr", {}, ["agent", "sessions", ...names].map((n) => el("th", {}, n)))),
      el("tbody", {}, D.board.map((row) => el("tr", {}, el("td", { "data-label": "agent" }, row.name), el("td", { "data-label": "sessions" }, row.n.toLocaleString("en")),
        row.cells.map((cell, k) => el("td", { "data-label": names[k] }, cell === null ? "" : [fixed(cell[0]), cell[1] === null ? [] : el("small", {}, ` [${fixed(cell[1])}, ${fixed(cell[2])}]`)]))))));
    const explain = el("p", { class: "grey" }, dimensions.map((d) => `${d.short} ${d.name}`).join(" · "), ". needs met: share of the goals; left: share of sessions that the user walked out of.");
    return { nodes: [el("h2", {}, "Agents"), explain, table, ...D.runs.flatMap((run) => run.notes.map((n) => el("p", { class: "grey" }, D.runs.length > 1 ? `${run.name}: ${n}` : n)))], keys: {} };
  }

  // -- keys -------------------------------------------------------------------------------------------------------

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (typing && event.key === "Escape") { event.target.blur(); return; }
    if (typing || (event.key === "Enter" && event.target.tagName === "BUTTON")) return;
    const does = event.key === "?" ? () => help.showModal() : current?.keys[event.key];
    if (does) { event.preventDefault(); does(); }
  });
  let resizing = 0;
  addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(() => current?.resize?.(), 120); });
  addEventListener("popstate", () => { read(); draw(); });
  read();
  draw();
  document.documentElement.dataset.ready = "yes";
})();
