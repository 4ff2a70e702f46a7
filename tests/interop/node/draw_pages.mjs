// Draws every page of PDF files with pdf.js, as Firefox does.
//
//   node draw_pages.mjs DPI FOLDER FILE...
//
// Writes FOLDER/<name of the file>-<page>.jpg; prints one line of JSON a file, in the same order:
// {"pages": [{"picture": path, "text": what pdf.js reads}], "warnings": [...]} or {"error": text}.

import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";

import { createCanvas } from "@napi-rs/canvas";

const POINTS_PER_INCH = 72;
const QUALITY = 95;

const warnings = [];
for (const level of ["log", "warn"]) {
  console[level] = (...parts) => warnings.push(parts.join(" "));
}
const pdfjs = await import("pdfjs-dist/legacy/build/pdf.mjs");
const home = dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));

const [dpi, folder, ...files] = process.argv.slice(2);

for (const file of files) {
  warnings.length = 0;
  let answer;
  try {
    answer = { pages: await draw(file), warnings: [...warnings] };
  } catch (problem) {
    answer = { error: String(problem) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function draw(file) {
  const task = pdfjs.getDocument({
    data: new Uint8Array(await readFile(file)),
    verbosity: pdfjs.VerbosityLevel.WARNINGS,
    isEvalSupported: false,
    cMapUrl: join(home, "cmaps/"),
    iccUrl: join(home, "iccs/"),
    standardFontDataUrl: join(home, "standard_fonts/"),
    wasmUrl: join(home, "wasm/"),
  });
  const document = await task.promise;
  const pages = [];
  for (let number = 1; number <= document.numPages; number += 1) {
    const page = await document.getPage(number);
    const viewport = page.getViewport({ scale: Number(dpi) / POINTS_PER_INCH });
    // Whole pixels: the page is stretched to the edge as PDFium does, else nothing would line up.
    const [width, height] = [Math.ceil(viewport.width), Math.ceil(viewport.height)];
    const transform = [width / viewport.width, 0, 0, height / viewport.height, 0, 0];
    const canvas = createCanvas(width, height);
    const canvasContext = canvas.getContext("2d");
    await page.render({ canvasContext, canvas, viewport, transform }).promise;
    const picture = join(folder, `${basename(file, ".pdf")}-${number}.jpg`);
    await writeFile(picture, canvas.toBuffer("image/jpeg", QUALITY));
    const content = await page.getTextContent();
    pages.push({ picture, text: content.items.map((item) => item.str).join("") });
    page.cleanup();
  }
  await task.destroy();
  return pages;
}
