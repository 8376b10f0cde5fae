// The parts that need no editor.
"use strict";

const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");

require("./vscode");
const { find, NoProgram } = require("../src/program");
const { context, run } = require("../src/simulate");
const manifest = require("../package.json");

const PROGRAM = path.resolve(process.env.RINGFENCE);
const POLICY = path.join(__dirname, "../../../testdata/bad/for-any-value-bucket-policy.json");

test("the program: the one that is named, the extension's own, the first on the path", (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "ringfence-"));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  const put = (name, mode) => {
    const file = path.join(folder, name, "ringfence");
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, "", { mode });
    return file;
  };
  const none = path.join(folder, "none");
  const [plain, first, second] = [put("plain", 0o644), put("first", 0o755), put("second", 0o755)];
  const env = { PATH: [path.dirname(plain), none, "relative", path.dirname(first), path.dirname(second)].join(path.delimiter) };
  assert.equal(find("", none, env), first);
  const own = put("extension/bin", 0o755);
  assert.equal(find("", path.join(folder, "extension"), env), own);
  assert.equal(find(second, path.join(folder, "extension"), env), second);
  assert.equal(find("ringfence", none, env), first);
  for (const [named, env] of [["", { PATH: none }], ["", {}], [plain, {}], [none, env_of(first)], ["elsewhere", env_of(first)]]) {
    assert.throws(() => find(named, none, env), NoProgram, named);
  }
  assert.throws(() => find(none, none, {}), /`ringfence.path` is `.*none`/);
});

const env_of = (file) => ({ PATH: path.dirname(file) });

test("the context of a request", () => {
  assert.deepEqual(context(""), {});
  assert.deepEqual(context(" aws:SourceVpce=vpce-1  s3:x=a=b "), { "aws:SourceVpce": "vpce-1", "s3:x": "a=b" });
  assert.deepEqual(context("k=1 k=2 k=3"), { k: ["1", "2", "3"] });
});

test("what the program says of a request", async () => {
  const request = { principal: "anonymous", action: "s3:GetObject", resource: "arn:aws:s3:::train-data/x", context: {} };
  assert.match(await run(PROGRAM, POLICY, request), /^decision +implicitDeny$/m);
  await assert.rejects(run(PROGRAM, POLICY, { ...request, action: 7 }), /request/);
  await assert.rejects(run(PROGRAM, `${POLICY}.not`, request), /not/);
  await assert.rejects(run(path.join(__dirname, "no-program"), POLICY, request), /ENOENT/);
});

test("each setting that is used is declared, and each that is declared is explained", () => {
  const declared = manifest.contributes.configuration.properties;
  const page = fs.readFileSync(path.join(__dirname, "../../../docs/editors.md"), "utf8");
  const readme = fs.readFileSync(path.join(__dirname, "../README.md"), "utf8");
  for (const name of Object.keys(declared)) {
    assert.ok(readme.includes(`\`${name}\``), `README.md does not tell of ${name}`);
    assert.ok(page.includes(`\`${name}\``), `docs/editors.md does not tell of ${name}`);
  }
  const commands = manifest.contributes.commands.map((one) => one.command).sort();
  assert.deepEqual(commands, ["ringfence.restart", "ringfence.showLog", "ringfence.simulate"]);
});
