/** Screens that hang on a wall. */

/** fullScreen switches the page between full screen and window; it needs a key or a tap. */
export function fullScreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined);
  else void document.documentElement.requestFullscreen?.().catch(() => undefined);
}
