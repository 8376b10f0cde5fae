// Run in a real extension host, next to the installed extension (scripts/editors_host.py): what the editor shows of a policy, and what
// comes of the fix. RINGFENCE_POLICY names the policy, RINGFENCE_SAID the file to write what came out to.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const vscode = require("vscode");

const HALF = '      "Condition": { "StringEq\n';

async function until(what, ask) {
  for (let i = 0; i < 600; i++) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`${what}: not in time`);
}

async function drive() {
  const uri = vscode.Uri.file(process.env.RINGFENCE_POLICY);
  const ask = (name, ...args) => vscode.commands.executeCommand(`vscode.execute${name}Provider`, uri, ...args);
  const document = await vscode.workspace.openTextDocument(uri);
  const editor = await vscode.window.showTextDocument(document);
  const findings = () => vscode.languages.getDiagnostics(uri).filter((one) => one.source === "ringfence");

  const found = await until("findings are shown", () => findings().length === 2 && findings());
  const [hole] = found.filter((one) => one.severity === vscode.DiagnosticSeverity.Error);
  assert.equal(hole.code.value, "bucket-outside-vpc-allowed");
  assert.equal(document.getText(hole.range), '"ForAnyValue:StringNotEquals"');
  assert.match(hole.message, /^this policy allows a request that does not come from your VPC\n[^]*decision +allowed/);

  const hovers = await ask("Hover", hole.range.start);
  assert.match(hovers.flatMap((hover) => hover.contents.map((one) => one.value)).join(), /ForAnyValue/);
  const [lens] = await ask("CodeLens");
  assert.deepEqual([lens.command.command, lens.command.title], ["", "bucket policy: 1 error, 1 warning"]);

  // VS Code drops a question when something else happens to the text meanwhile, and asks again when the user does.
  const actions = await until("a fix is offered", async () => {
    const offered = await ask("CodeAction", hole.range);
    return offered.some((one) => one.isPreferred) && offered;
  });
  const [fix, ...others] = actions.filter((one) => one.isPreferred);
  assert.deepEqual([fix.kind.value, others], ["quickfix", []]);
  assert.equal(actions.filter((one) => one.title.startsWith("Ignore `")).length, 2);
  await vscode.workspace.applyEdit(fix.edit);
  await until("nothing is found any more", () => findings().length === 0);
  await document.save();

  const before = document.getText();
  await editor.edit((edit) => edit.insert(new vscode.Position(6, 0), HALF));
  await until("the broken line is told", () => findings().some((one) => one.code.value === "policy-syntax" && one.range.start.line === 6));
  const { items } = await ask("CompletionItem", new vscode.Position(6, HALF.length - 1));
  assert.ok(items.some((item) => (item.label.label ?? item.label) === "StringEquals"), "words are offered");
  await vscode.commands.executeCommand("undo");
  await until("it recovers", () => document.getText() === before && findings().length === 0);

  await vscode.commands.executeCommand("ringfence.restart");
  const commands = await vscode.commands.getCommands(true);
  for (const name of ["simulate", "restart", "showLog", "showReason"]) assert.ok(commands.includes(`ringfence.${name}`), name);
}

exports.run = async () => {
  let said = `ok: ${vscode.version}`;
  await drive().catch((error) => (said = error.stack));
  fs.writeFileSync(process.env.RINGFENCE_SAID, said);
};
