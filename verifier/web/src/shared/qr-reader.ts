// Reads QR codes from pictures and camera frames with zxing, compiled and served by us.
import wasm from "zxing-wasm/reader/zxing_reader.wasm?url";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

const MAX_SIDE = 2_000;
const OPTIONS = { formats: ["QRCode" as const], tryHarder: true, maxNumberOfSymbols: 4 };

let ready = false;

function prepare(): void {
  if (ready) return;
  ready = true;
  prepareZXingModule({ overrides: { locateFile: () => wasm } });
}

/** Return the texts of all codes in an image. */
export async function readImage(image: ImageData): Promise<readonly string[]> {
  prepare();
  const found = await readBarcodes(image, OPTIONS);
  return found.filter((each) => each.isValid).map((each) => each.text);
}

/** Return the texts of all codes in a picture file, first as it is, then smaller. */
export async function readPicture(file: Blob): Promise<readonly string[]> {
  const bitmap = await createImageBitmap(file);
  try {
    for (const side of [MAX_SIDE, 1_000]) {
      const texts = await readImage(pixels(bitmap, bitmap.width, bitmap.height, side));
      if (texts.length > 0) return texts;
    }
    return [];
  } finally {
    bitmap.close();
  }
}

/** Return the texts of all codes in what the camera shows now. */
export async function readVideo(video: HTMLVideoElement): Promise<readonly string[]> {
  if (video.videoWidth === 0) return [];
  return readImage(pixels(video, video.videoWidth, video.videoHeight, MAX_SIDE));
}

function pixels(source: CanvasImageSource, width: number, height: number, side: number): ImageData {
  const scale = Math.min(1, side / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("no canvas");
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
