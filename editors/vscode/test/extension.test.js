// The whole extension as it is packed, with the real program and the real language client; only the module `vscode` is made up.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, test } = require("node:test");

const { vscode, seen, Document } = require("./vscode");
const { activate, deactivate } = require(process.env.RINGFENCE_EXTENSION ?? "..");

const NAME = "for-any-value-bucket-policy.json";
const BAD = fs.readFileSync(path.join(__dirname, "../../../testdata/bad", NAME), "utf8");
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "ringfence-"));
const document = new Document(path.join(folder, NAME), BAD);
fs.writeFileSync(document.fileName, BAD);
after(() => fs.rmSync(folder, { recursive: true }));

const memory = new Map();
const context = {
  subscriptions: [],
  extensionPath: folder,
  workspaceState: { get: (name) => memory.get(name), update: async (name, value) => void memory.set(name, value) },
};
const token = new vscode.CancellationTokenSource().token;
const found = () => seen.diagnostics.get(document.uri.toString());
const operator = new vscode.Range(14, 21, 14, 50);

async function until(what, holds) {
  for (let i = 0; i < 1200; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`${what}: not in time; ${JSON.stringify([seen.log, seen.errors, seen.status.tooltip])}`);
}

const configure = (settings) => {
  seen.settings = { "ringfence.arguments": [], "ringfence.delay": 0, "ringfence.workspace": true, "ringfence.lenses": true, ...settings };
};

/** The processes of the server that this one has started. */
const servers = () => {
  const children = fs.readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean);
  return children.filter((child) => fs.readFileSync(`/proc/${child}/cmdline`, "utf8").includes("\0lsp\0"));
};

test("without a program, it says so and stays", async () => {
  seen.documents = [document];
  const { PATH } = process.env;
  process.env.PATH = folder;
  configure({});
  await activate(context);
  process.env.PATH = PATH;
  assert.match(seen.errors.pop(), /there is no `ringfence` on the PATH/);
  assert.equal(seen.status.text, "$(error) Ringfence");
  assert.equal(seen.status.command, "ringfence.showLog");
  seen.commands["ringfence.showLog"]();
  assert.equal(seen.log.pop(), "shown");
});

test("with one, it shows findings and makes a fix", async () => {
  configure({ "ringfence.path": path.resolve(process.env.RINGFENCE) });
  await seen.events.configured.fire({ affectsConfiguration: (name) => name === "ringfence.path" });
  await until("findings are shown", () => found()?.length === 2);
  assert.equal(seen.status.text, "$(shield) Ringfence");
  const [hole] = found().filter((one) => one.severity === vscode.DiagnosticSeverity.Error);
  assert.deepEqual(hole.range, operator);
  assert.match(hole.message, /^this policy allows a request that does not come from your VPC\n[^]*decision   allowed/);
  assert.equal(hole.code.value ?? hole.code, "bucket-outside-vpc-allowed");

  const hover = await seen.providers.hover.provideHover(document, operator.start, token);
  assert.match(hover.contents.value ?? hover.contents[0].value, /ForAnyValue/);
  const lenses = await seen.providers.lenses.provideCodeLenses(document, token);
  assert.match(lenses[0].command.title, /^bucket policy: 1 error, 1 warning/);
  assert.equal(lenses[0].command.command, "", "a lens is a line to read");

  const actions = await seen.providers.actions.provideCodeActions(document, operator, { diagnostics: found() }, token);
  assert.ok(actions.length >= 3, actions.map((one) => one.title).join("\n"));
  const [fix] = actions.filter((one) => one.isPreferred);
  document.edit(fix.edit.edits.map(([, edit]) => edit));
  assert.equal(document.text, BAD.replace("ForAnyValue:StringNotEquals", "StringNotEquals"));
  await until("nothing is found any more", () => found().length === 0);
});

test("a request is simulated against the file", async () => {
  const request = ["anonymous", "s3:GetObject", "arn:aws:s3:::train-data/x", "aws:SourceIp=203.0.113.9"];
  seen.answers = [...request];
  document.isDirty = true;
  document.save = async () => {
    fs.writeFileSync(document.fileName, document.text);
    return !(document.isDirty = false);
  };
  await seen.commands["ringfence.simulate"]();
  assert.match(seen.shown.pop(), /context +aws:SourceIp = 203.0.113.9[^]*decision +explicitDeny/);
  assert.equal(document.isDirty, false);
  assert.equal(memory.get("request").action, "s3:GetObject", "what was asked is proposed again");
  // Who leaves is left alone.
  seen.answers = ["anonymous", undefined];
  await seen.commands["ringfence.simulate"]();
  assert.deepEqual([seen.shown, seen.errors], [[], []]);
  // What the program says of a wrong request is shown.
  seen.answers = ["nobody at all", ...request.slice(1)];
  await seen.commands["ringfence.simulate"]();
  assert.match(seen.errors.pop(), /principal/);
});

test("settings reach the server, and it starts anew with them", async () => {
  const [before] = servers();
  seen.settings["ringfence.lenses"] = false;
  delete seen.providers.lenses;
  await seen.commands["ringfence.restart"]();
  await until("the server runs again", () => seen.status.text === "$(shield) Ringfence");
  assert.equal(servers().length, 1);
  assert.notEqual(servers()[0], before);
  assert.equal(seen.providers.lenses, undefined, "no lenses are wanted");
  seen.settings["ringfence.arguments"] = ["--config", path.join(folder, "not.toml")];
  await seen.commands["ringfence.restart"]();
  await until("what it says is in the log", () => seen.log.some((line) => line.includes("not.toml")));
});

test("it ends with the editor", async () => {
  await deactivate();
  await until("the server ends", () => servers().length === 0);
});
