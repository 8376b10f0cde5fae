// What one request gets from a policy: asks for the request, asks the program, shows its answer.
"use strict";

const { execFile } = require("node:child_process");
const path = require("node:path");
const vscode = require("vscode");

/** Policies are JSON; templates with policies in them are YAML too. */
const LANGUAGES = ["json", "yaml", "terraform", "opentofu", "hcl"];

const QUESTIONS = [
  ["principal", "Who asks: `anonymous`, the ARN of an IAM or STS principal, or a service", "anonymous"],
  ["action", "Which action", "s3:GetObject"],
  ["resource", "On what: the ARN of a bucket or of an object", "arn:aws:s3:::amzn-s3-demo-bucket/key"],
  ["context", "Context keys, as `key=value key=value`; one that is not given is absent", "aws:SourceIp=203.0.113.9"],
];

/** Asks for a request; `undefined` when the user leaves. What was answered the last time is proposed. */
async function ask(memory) {
  const last = memory.get("request") ?? {};
  const answers = {};
  for (const [name, prompt, example] of QUESTIONS) {
    const value = last[name] ?? (name === "context" ? "" : example);
    const options = { title: `Simulate a request: ${name}`, prompt, value, placeHolder: example, ignoreFocusOut: true };
    if (name === "context") options.validateInput = (text) => problem(text);
    answers[name] = await vscode.window.showInputBox(options);
    if (answers[name] === undefined) return undefined;
  }
  await memory.update("request", answers);
  return { ...answers, context: context(answers.context) };
}

const pairs = (text) => text.split(/\s+/).filter(Boolean);
const problem = (text) => {
  const wrong = pairs(text).find((pair) => !/^[^=]+=/.test(pair));
  return wrong && `\`${wrong}\` is not of the form \`key=value\``;
};

/** The context of a request. A key that is given more than once has a list of values. */
function context(text) {
  const out = {};
  for (const pair of pairs(text)) {
    const at = pair.indexOf("=");
    const [key, value] = [pair.slice(0, at), pair.slice(at + 1)];
    out[key] = key in out ? [out[key], value].flat() : value;
  }
  return out;
}

/** What the program says of a request and the policy in a file. */
function run(program, file, request) {
  return new Promise((resolve, reject) => {
    const args = ["simulate", "--policy", file, "--request", "-", "--format", "text"];
    const child = execFile(program, args, { cwd: path.dirname(file), timeout: 60_000 }, (error, out, said) => {
      if (error) reject(new Error(said.trim() || error.message));
      else resolve(out);
    });
    child.stdin.on("error", () => {}); // It ended without reading: its exit code tells.
    child.stdin.end(JSON.stringify(request));
  });
}

/** The command: for the file of the active editor, as it is saved. */
async function simulate(findProgram, memory) {
  const document = vscode.window.activeTextEditor?.document;
  if (!LANGUAGES.includes(document?.languageId)) {
    throw new Error("open the policy first");
  }
  const request = await ask(memory);
  if (!request) return;
  if ((document.isUntitled || document.isDirty) && !(await document.save())) {
    throw new Error("the policy must be saved first");
  }
  const file = vscode.window.activeTextEditor?.document.fileName ?? document.fileName;
  const content = await run(findProgram(), file, request);
  const answer = await vscode.workspace.openTextDocument({ content, language: "plaintext" });
  await vscode.window.showTextDocument(answer, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true, preview: true });
}

module.exports = { simulate, context, run, LANGUAGES };
