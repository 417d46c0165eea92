// @vitest-environment happy-dom
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ActError } from "../src/core/act-error";
import type { Session } from "../src/core/session";
import { doorInfo, fill } from "../src/fixtures/scenes";
import CitizenFace from "../src/views/citizen/face";
import DeputyFace from "../src/views/deputy/face";
import { InMeeting } from "../src/views/door/in-meeting";

// Faces drawn from the council's golden views: what each person sees, and what must not be there.

const root = () => document.getElementById("app") as HTMLElement;
const id = (name: string) => root().querySelector<HTMLElement>(`[data-testid="${name}"]`);
const text = (name: string) => id(name)?.textContent?.replace(/\s+/gu, " ").trim() ?? "";
const nothing = () => undefined;

beforeEach(() => {
  document.body.innerHTML = '<div id="app"></div>';
});
afterEach(() => {
  act(() => render(null, root()));
  vi.restoreAllMocks();
});

const deputy = (session: Session) =>
  act(() => render(<DeputyFace session={session} door={doorInfo()} leave={nothing} />, root()));
const press = async (name: string) => {
  await act(async () => {
    id(name)?.click();
    await Promise.resolve();
  });
};

describe("deputy", () => {
  it("answers the three questions: item, who speaks and how long, what to press", () => {
    deputy(fill("ky-hop", "p03", "deputy", ["plain"]));
    expect(text("item")).toContain("Mục 5/6");
    expect(text("floor-badge")).toContain("Đang phát biểu 02:41 / 08:00");
    expect(text("hand")).not.toBe("");
    expect(text("quorum")).toContain("26/30");
  });

  it("shows three equal options, no receipt before the server's answer, and sends what was pressed", async () => {
    const session = fill("ky-hop", "p03", "deputy", ["vote"]);
    const sent = vi.spyOn(session, "act").mockImplementation(() => new Promise(nothing));
    deputy(session);
    const options = root().querySelectorAll(".option");
    expect([...options].map((o) => o.textContent)).toEqual(["✓Tán thành", "✕Không tán thành", "–Không biểu quyết"]);
    expect(new Set([...options].map((o) => o.className)).size).toBe(1);
    expect(id("receipt")).toBeNull();
    await press("vote-against");
    expect(sent).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ type: "vote.cast", choice: "against" }));
    expect(id("vote-against")?.getAttribute("aria-pressed")).toBe("true");
    expect(id("receipt")).toBeNull();
  });

  it("shows the receipt of the view with its time", () => {
    deputy(fill("ky-hop", "p03", "deputy", ["voted"]));
    expect(text("receipt")).toMatch(/✓ Máy chủ đã nhận \d\d:\d\d:\d\d\./u);
  });

  it("says a refusal in words and never as success", async () => {
    const session = fill("ky-hop", "p03", "deputy", ["vote"]);
    vi.spyOn(session, "act").mockRejectedValue(
      new ActError("closed", "ballot_closed", { closed_at: Date.UTC(2026, 10, 23, 2, 43) }),
    );
    deputy(session);
    await press("vote-for");
    expect(text("vote-error")).toBe("Chưa gửi được: biểu quyết đã đóng lúc 09:43:00");
    expect(id("receipt")).toBeNull();
    expect(id("vote-for")?.getAttribute("aria-pressed")).toBe("false");
  });

  it("locks the ballot while the socket is away, but not while only media is lost", () => {
    deputy(fill("ky-hop", "p03", "deputy", ["vote", "lost-socket"]));
    expect((id("vote-for") as HTMLButtonElement).disabled).toBe(true);
    expect(text("vote-waiting")).toBe("Đang chờ mạng");
    act(() => render(null, root()));
    deputy(fill("ky-hop", "p03", "deputy", ["vote", "lost-media"]));
    expect((id("vote-for") as HTMLButtonElement).disabled).toBe(false);
    expect(id("banner")?.dataset.kind).toBe("media");
  });

  it("gives an observer no option, and somebody absent the roll-call first", () => {
    deputy(fill("ky-hop", "p03", "deputy", ["vote", "observer"]));
    expect(id("vote-for")).toBeNull();
    expect(text("observer")).toBe("Ông/bà dự thính");
    act(() => render(null, root()));
    deputy(fill("ky-hop", "p03", "deputy", ["vote", "absent"]));
    expect(id("vote-for")).toBeNull();
    expect(id("checkin-first")).not.toBeNull();
  });

  it("folds the ballot to a chip and back; there is no way to close it", async () => {
    deputy(fill("ky-hop", "p03", "deputy", ["vote"]));
    await press("vote-minimise");
    expect(id("vote-sheet")).toBeNull();
    expect(text("waiting-vote")).toContain("Chưa biểu quyết");
    await press("waiting-vote");
    expect(id("vote-sheet")).not.toBeNull();
  });

  it("shows the verdict with base and threshold", () => {
    deputy(fill("ket-qua", "p06", "deputy", []));
    expect(text("verdict")).toBe("ĐƯỢC THÔNG QUA");
    expect(text("result")).toContain("Cần ít nhất 16 trên tổng số 30 đại biểu");
    expect(text("sentence")).toContain("Nghị quyết được thông qua");
  });

  it("takes a hand down with one tap, and shows its place", async () => {
    const session = fill("ky-hop", "p03", "deputy", ["plain", "hand"]);
    const sent = vi.spyOn(session, "act").mockResolvedValue({ type: "ok", re: "", seq: 1, at: 1 });
    deputy(session);
    expect(text("hand")).toContain("Thứ 3 · Rút");
    await press("hand");
    expect(sent).toHaveBeenCalledWith({ type: "queue.withdraw" });
  });

  it("does not ask for a device while the gate is closed", async () => {
    const session = fill("ky-hop", "p03", "deputy", ["plain"]);
    const asked = vi.spyOn(session.own, "switch");
    deputy(session);
    await press("mic");
    expect(asked).not.toHaveBeenCalled();
    expect(text("toasts")).toContain("Micro mở khi chủ tọa mời");
  });
});

describe("citizen", () => {
  const citizen = (session: Session) =>
    act(() => render(<CitizenFace session={session} door={doorInfo()} leave={nothing} />, root()));

  it("sees who speaks, the own questions and three buttons; no other citizen's name", () => {
    citizen(fill("tiep-xuc", "cu1", "citizen", []));
    expect(text("speaker")).toContain("Cử tri thôn 1 đang phát biểu");
    expect(text("thread")).toContain("Đường thôn 3 bao giờ sửa xong?");
    expect(["hand", "ask", "more"].every((b) => id(b) !== null)).toBe(true);
    expect(id("mic")).toBeNull();
  });

  it("is asked for the microphone only by the invitation's own button", async () => {
    const session = fill("tiep-xuc", "cu2", "citizen", ["invited"]);
    const take = vi.spyOn(session, "takeFloor").mockResolvedValue(true);
    citizen(session);
    expect(text("invited")).toContain("Chủ tọa mời ông/bà phát biểu");
    expect(take).not.toHaveBeenCalled();
    await press("invite-accept");
    expect(take).toHaveBeenCalledOnce();
  });

  it("sends a question to the clerk and shows the server's receipt", async () => {
    const session = fill("tiep-xuc", "cu2", "citizen", []);
    const sent = vi
      .spyOn(session, "act")
      .mockResolvedValue({ type: "ok", re: "", seq: 1, at: Date.UTC(2026, 10, 23, 8, 0, 5) });
    citizen(session);
    await press("ask");
    const box = id("ask-text") as HTMLTextAreaElement;
    await act(async () => {
      box.value = "  Nước sạch?  ";
      box.dispatchEvent(new Event("input", { bubbles: true }));
    });
    await act(async () => {
      root()
        .querySelector("form")
        ?.dispatchEvent(new Event("submit", { bubbles: true, cancelable: true }));
      await Promise.resolve();
    });
    expect(sent).toHaveBeenCalledWith({ type: "message.send", to: "clerk", text: "Nước sạch?" });
    expect(text("ask-received")).toContain("15:00:05");
  });
});

describe("around the face", () => {
  it.each([
    ["elsewhere", "use-here"],
    ["replaced", "use-here"],
    ["refused", "again"],
    ["nosession", "again"],
  ] as const)("%s offers %s", (state, button) => {
    const session = fill("ky-hop", "p03", "deputy", []);
    session.link.state.value = state;
    act(() => render(<InMeeting info={doorInfo()} session={session} Face={DeputyFace} leave={nothing} />, root()));
    expect(id(button)).not.toBeNull();
    expect(id("deputy")).toBeNull();
  });
});
