#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The part of the `solc` command line that forge and compile.py call, over the compiler of npm:
//   solc-shim.cjs --version
//   solc-shim.cjs --standard-json [--base-path DIR] [--include-path DIR]... < input.json
// The package's own command line reads a pipe wrongly (EAGAIN) and mixes messages into its answer.
'use strict';
const fs = require('fs');
const path = require('path');
const solc = require(path.join(__dirname, 'node_modules', 'solc'));

const words = process.argv.slice(2);

function folders() {
  const found = [process.cwd()];
  words.forEach((word, i) => {
    if (word === '--base-path') found[0] = words[i + 1];
    if (word === '--include-path') found.push(words[i + 1]);
  });
  return found;
}

function findImport(name) {
  for (const folder of folders()) {
    const file = path.resolve(folder, name);
    if (fs.existsSync(file)) return { contents: fs.readFileSync(file, 'utf8') };
  }
  return { error: 'File not found: ' + name };
}

if (words.includes('--version')) {
  console.log('solc, the solidity compiler commandline interface');
  console.log('Version: ' + solc.version().replace('.Emscripten.clang', '.Linux.g++'));
} else if (words.includes('--standard-json')) {
  const input = fs.readFileSync(0, 'utf8');
  process.stdout.write(solc.compile(input, { import: findImport }) + '\n');
} else {
  console.error('only --version and --standard-json');
  process.exit(2);
}
