// Answers `solc --standard-json` with the compiler's WebAssembly build.
// Reads the input from standard input and imports from the working directory.
"use strict";

const { readFileSync, writeSync } = require("node:fs");
const solc = require("solc");

const STDIN = 0;
const STDOUT = 1;

function readImport(path) {
  try {
    return { contents: readFileSync(path, "utf8") };
  } catch (error) {
    return { error: error.message };
  }
}

// A pipe's reader may be slower than the compiler: a full pipe answers EAGAIN, and the rest is sent again.
function writeAll(text) {
  const bytes = Buffer.from(text, "utf8");
  for (let sent = 0; sent < bytes.length; ) {
    try {
      sent += writeSync(STDOUT, bytes, sent);
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

writeAll(solc.compile(readFileSync(STDIN, "utf8"), { import: readImport }));
