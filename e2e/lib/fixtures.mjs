// Speech and pictures for fake devices, made once per machine by espeak-ng and ffmpeg.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const dir = fileURLToPath(new URL("../fixtures/generated/", import.meta.url));

function make(name, command, args) {
  const file = join(dir, name);
  if (existsSync(file)) return file;
  mkdirSync(dir, { recursive: true });
  const part = join(dir, `part-${process.pid}-${name}`);
  execFileSync(command, [...args, part], { stdio: ["ignore", "ignore", "inherit"] });
  renameSync(part, file);
  return file;
}

/** A WAV of Vietnamese speech, 48 kHz mono, looped by the browser. */
export function speech() {
  const text =
    "Kính thưa chủ tọa kỳ họp, kính thưa các vị đại biểu. Tôi xin phát biểu về kế hoạch đầu tư công năm hai nghìn không trăm hai mươi bảy. " +
    "Cử tri đề nghị sớm sửa chữa tuyến đường liên thôn, bảo đảm nước sạch và trường lớp cho các cháu trước mùa mưa.";
  const raw = make("speech-raw.wav", "espeak-ng", ["-v", "vi", "-s", "150", "-a", "180", text, "-w"]);
  return make("speech.wav", "ffmpeg", ["-loglevel", "error", "-y", "-i", raw, "-ar", "48000", "-ac", "1", "-f", "wav"]);
}

/** A moving test picture as Y4M. */
export function picture(width, height, fps, seconds = 4) {
  return make(`picture-${width}x${height}-${fps}.y4m`, "ffmpeg", [
    "-loglevel", "error", "-y", "-f", "lavfi", "-i", `testsrc2=size=${width}x${height}:rate=${fps}:duration=${seconds}`, "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe",
  ]);
}
