// What a page's own WebSocket says: its views as they arrive, when it was welcomed, and acts sent through it with the
// page's own rights.

/** Runs in the page before any script of it. */
export function listen() {
  const Native = window.WebSocket;
  window.__views = {};
  window.__welcomes = [];
  window.__gates = [];
  window.__sources = new Map();
  window.__answers = new Map();
  const stamp = () => performance.timeOrigin + performance.now();
  const read = (text) => {
    const m = JSON.parse(text);
    if (m.type === "view") {
      window.__views[m.topic] = m.data;
      if (m.topic === "floor") window.__gates.push({ at: stamp(), type: "view", all: m.data.muted_all });
    } else if (m.type === "media.gate") window.__gates.push({ at: stamp(), type: "gate", open: m.open });
    else if (m.type === "session.welcome") {
      window.__sources.clear();
      window.__welcomes.push({ at: stamp(), boot: m.boot, resumed: m.resumed });
    } else if (m.type === "media.sources") {
      for (const src of m.del ?? []) window.__sources.delete(src);
      for (const s of m.add ?? []) window.__sources.set(s.src, s);
    }
    else if (m.type === "ok" || m.type === "error") {
      window.__answers.get(m.re)?.(m);
      window.__answers.delete(m.re);
    }
  };
  window.WebSocket = class extends Native {
    constructor(...a) {
      super(...a);
      window.__socket = this;
      this.addEventListener("message", (e) => read(e.data));
    }
  };
}

/** Sends one act through the page's socket; gives its answer, ok or error. */
export function act(page, body) {
  return page.evaluate((b) => {
    const id = crypto.randomUUID();
    return new Promise((done, fail) => {
      window.__answers.set(id, done);
      setTimeout(() => fail(new Error(`no answer to ${b.type}`)), 10_000);
      window.__socket.send(JSON.stringify({ ...b, id }));
    });
  }, body);
}
