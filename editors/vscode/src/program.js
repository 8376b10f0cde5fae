// Where the program is. Knows nothing of VS Code.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const NAME = process.platform === "win32" ? "ringfence.exe" : "ringfence";

/** Why there is no program: a message for the user. */
class NoProgram extends Error {}

/**
 * The path of the program: the one that the user names; else the one in `bin/` of the extension; else the first on the path.
 * A name that the user gives and that leads nowhere is an error, not a reason to run another.
 */
function find(named, extensionFolder, env = process.env) {
  if (named) {
    const file = named.replace(/^~(?=[/\\])/, os.homedir());
    const found = /[/\\]/.test(file) ? isProgram(file) && path.resolve(file) : onPath(file, env);
    if (!found) throw new NoProgram(`\`ringfence.path\` is \`${named}\`, and there is no such program`);
    return found;
  }
  const ours = path.join(extensionFolder, "bin", NAME);
  const found = isProgram(ours) ? ours : onPath(NAME, env);
  if (!found) throw new NoProgram("there is no `ringfence` on the PATH: install it, or say in `ringfence.path` where it is");
  return found;
}

function onPath(name, env) {
  const folders = (env.PATH ?? env.Path ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return folders.map((folder) => path.join(folder, name)).find(isProgram);
}

function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

module.exports = { find, NoProgram };
