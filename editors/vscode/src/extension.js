// The extension: starts `ringfence lsp`, shows whether it runs, and has commands.
"use strict";

const vscode = require("vscode");
const { LanguageClient, State } = require("vscode-languageclient/node");
const { find, NoProgram } = require("./program");
const { simulate, LANGUAGES } = require("./simulate");

/** Settings that the server is told when it starts: a change of one starts it anew. */
const OPTIONS = ["delay", "workspace", "lenses"];
const SETTINGS = ["path", "arguments", ...OPTIONS].map((name) => `ringfence.${name}`);

/** @type {Extension | undefined} */
let extension;

class Extension {
  constructor(context) {
    this.context = context;
    this.log = vscode.window.createOutputChannel("Ringfence", { log: true });
    this.status = vscode.window.createStatusBarItem("ringfence", vscode.StatusBarAlignment.Right);
    this.status.name = "Ringfence";
    this.status.command = "ringfence.showLog";
    this.last = Promise.resolve();
    context.subscriptions.push(
      this.log,
      this.status,
      vscode.commands.registerCommand("ringfence.showLog", () => this.log.show(true)),
      vscode.commands.registerCommand("ringfence.restart", () => this.restart()),
      vscode.commands.registerCommand("ringfence.simulate", () => this.simulate()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (SETTINGS.some((setting) => change.affectsConfiguration(setting))) return this.restart();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.restart()),
    );
  }

  settings() {
    return vscode.workspace.getConfiguration("ringfence");
  }

  program() {
    return find(this.settings().get("path"), this.context.extensionPath);
  }

  show(icon, text, tooltip) {
    this.status.text = `$(${icon}) Ringfence`;
    this.status.tooltip = tooltip ? `${text}: ${tooltip}` : text;
    this.status.backgroundColor = icon === "error" ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
    this.status.show();
  }

  /** Stops and starts, one after the other, however often it is asked for. */
  restart() {
    this.last = this.last.then(() => this.stop()).then(() => this.start());
    return this.last;
  }

  async start() {
    try {
      const command = this.program();
      const settings = this.settings();
      const server = { command, args: ["lsp", ...settings.get("arguments")] };
      const initializationOptions = Object.fromEntries(OPTIONS.map((name) => [name, settings.get(name)]));
      this.client = new LanguageClient("ringfence", "Ringfence", server, {
        documentSelector: LANGUAGES.flatMap((language) => ["file", "untitled"].map((scheme) => ({ scheme, language }))),
        initializationOptions,
        outputChannel: this.log,
      });
      this.client.onDidChangeState(({ newState }) => {
        if (newState === State.Running) this.show("shield", "running", command);
        if (newState === State.Stopped) this.show("error", "not running", command);
      });
      this.show("sync~spin", "starting", command);
      await this.client.start();
    } catch (error) {
      this.failed(error);
    }
  }

  async stop() {
    const client = this.client;
    this.client = undefined;
    // A client that never ran cannot be stopped.
    await client?.stop().catch(() => {});
    await client?.dispose().catch(() => {});
  }

  async failed(error) {
    this.show("error", "not running", error.message);
    this.log.error(error.message);
    const help = error instanceof NoProgram ? "Open Settings" : "Show the log";
    const chosen = await vscode.window.showErrorMessage(`Ringfence: ${error.message}`, help);
    if (!chosen) return;
    if (error instanceof NoProgram) await vscode.commands.executeCommand("workbench.action.openSettings", "ringfence.path");
    else this.log.show(true);
  }

  async simulate() {
    try {
      await simulate(() => this.program(), this.context.workspaceState);
    } catch (error) {
      this.log.error(error.message);
      vscode.window.showErrorMessage(`Ringfence: ${error.message}`);
    }
  }
}

function activate(context) {
  extension = new Extension(context);
  return extension.restart();
}

function deactivate() {
  return extension?.stop();
}

module.exports = { activate, deactivate };
