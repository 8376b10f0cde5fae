// Stands in for the module `vscode`, which only VS Code has: as much of it as the extension and its language client need to run,
// kept in memory. What no test looks at may be anything.
"use strict";

const Module = require("node:module");
const { EventEmitter: Emitter } = require("node:events");
const { fileURLToPath, pathToFileURL } = require("node:url");

class Disposable {
  constructor(dispose = () => {}) {
    this.dispose = dispose;
  }
}

class EventEmitter {
  constructor() {
    this.emitter = new Emitter();
    this.event = (listener, self) => {
      const call = (value) => listener.call(self, value);
      this.emitter.on("event", call);
      return new Disposable(() => this.emitter.off("event", call));
    };
  }
  fire(value) {
    this.emitter.emit("event", value);
  }
  dispose() {
    this.emitter.removeAllListeners();
  }
}

class Uri {
  constructor(text) {
    this.text = text;
    const url = new URL(text);
    [this.scheme, this.path, this.authority, this.query, this.fragment] = [url.protocol.slice(0, -1), decodeURIComponent(url.pathname), "", "", ""];
  }
  static parse = (text) => new Uri(text);
  static file = (path) => new Uri(pathToFileURL(path).href);
  get fsPath() {
    return fileURLToPath(this.text);
  }
  toString() {
    return this.text;
  }
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(a, b, c, d) {
    [this.start, this.end] = typeof a === "number" ? [new Position(a, b), new Position(c, d)] : [a, b];
  }
}

class WorkspaceEdit {
  edits = [];
  set(uri, edits) {
    this.edits.push(...edits.map((edit) => [uri, [edit].flat()[0]]));
  }
  createFile() {}
}

class CodeActionKind {
  static Empty = new CodeActionKind("");
  constructor(value) {
    this.value = value;
  }
  append(part) {
    return new CodeActionKind(this.value ? `${this.value}.${part}` : part);
  }
}

class CancellationTokenSource {
  token = { isCancellationRequested: false, onCancellationRequested: () => new Disposable() };
  cancel() {}
  dispose() {}
}

const holding = (...names) =>
  class {
    constructor(...values) {
      names.forEach((name, number) => (this[name] = values[number]));
    }
  };

const events = Object.fromEntries(["changed", "configured", "closed"].map((name) => [name, new EventEmitter()]));

/** What a test sets, and what it looks at. */
const seen = {
  documents: [],
  settings: {},
  diagnostics: new Map(),
  providers: {},
  commands: {},
  status: {},
  errors: [],
  log: [],
  answers: [],
  shown: [],
  events,
};

/** An open text. */
class Document {
  constructor(file, text) {
    Object.assign(this, { uri: Uri.file(file), fileName: file, languageId: "json", version: 1, text, isDirty: false, isUntitled: false, isClosed: false });
  }
  getText() {
    return this.text;
  }
  offset({ line, character }) {
    return this.text.split("\n").slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
  }
  /** Writes in it, as an editor does. */
  edit(edits) {
    const contentChanges = edits.map(({ range, newText }) => ({ range, text: newText, rangeOffset: this.offset(range.start) }));
    for (const { range, text } of [...contentChanges].sort((a, b) => b.rangeOffset - a.rangeOffset)) {
      this.text = this.text.slice(0, this.offset(range.start)) + text + this.text.slice(this.offset(range.end));
    }
    this.version += 1;
    events.changed.fire({ document: this, contentChanges, reason: undefined });
  }
}

const provider = (name) => (_selector, provider) => {
  seen.providers[name] = provider;
  return new Disposable();
};

const known = {
  Disposable, EventEmitter, Uri, Position, Range, WorkspaceEdit, CodeActionKind, CancellationTokenSource,
  Diagnostic: holding("range", "message", "severity"),
  DiagnosticRelatedInformation: holding("location", "message"),
  Location: holding("uri", "range"),
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  TextEdit: holding("range", "newText"),
  CodeAction: holding("title", "kind"),
  MarkdownString: holding("value"),
  Hover: holding("contents", "range"),
  CodeLens: holding("range", "command"),
  ThemeColor: holding("id"),
  ViewColumn: { Beside: -2 },
  StatusBarAlignment: { Right: 2 },
  version: "1.91.0",
  env: { appName: "Test", language: "en" },
  commands: {
    registerCommand(name, run) {
      if (name in seen.commands) throw new Error(`${name} is registered twice`);
      seen.commands[name] = run;
      return new Disposable(() => delete seen.commands[name]);
    },
  },
  languages: {
    match: (selector, document) => Number([selector].flat().some((one) => one.language === document.languageId && one.scheme === document.uri.scheme)),
    createDiagnosticCollection: () => ({
      set: (uri, list) => seen.diagnostics.set(uri.toString(), list),
      delete: (uri) => seen.diagnostics.delete(uri.toString()),
      clear: () => seen.diagnostics.clear(),
      dispose: () => seen.diagnostics.clear(),
    }),
    registerCodeActionsProvider: provider("actions"),
    registerCodeLensProvider: provider("lenses"),
    registerHoverProvider: provider("hover"),
  },
  workspace: {
    get textDocuments() {
      return seen.documents;
    },
    notebookDocuments: [],
    workspaceFolders: [],
    onDidChangeTextDocument: events.changed.event,
    onDidCloseTextDocument: events.closed.event,
    onDidChangeConfiguration: events.configured.event,
    getConfiguration: (section) => ({ get: (name, other) => seen.settings[section ? `${section}.${name}` : name] ?? other }),
    openTextDocument: async (options) => options,
  },
  window: {
    get activeTextEditor() {
      return seen.documents[0] && { document: seen.documents[0] };
    },
    visibleTextEditors: [],
    tabGroups: { all: [], onDidChangeTabs: () => new Disposable() },
    createOutputChannel: () => {
      const write = (text) => seen.log.push(text);
      const channel = { name: "Ringfence", logLevel: 3, onDidChangeLogLevel: () => new Disposable(), show: () => seen.log.push("shown"), dispose() {} };
      for (const name of ["append", "appendLine", "trace", "debug", "info", "warn", "error"]) channel[name] = write;
      return channel;
    },
    createStatusBarItem: () => Object.assign(seen.status, { show() {}, dispose() {} }),
    showErrorMessage: async (text) => void seen.errors.push(text),
    showInputBox: async () => seen.answers.shift(),
    showTextDocument: async (document) => void seen.shown.push(document.content),
  },
};

/** A thing of which nothing is known: an event, a function that does nothing, a class, or the members of an enumeration. */
function anything(name) {
  if (/^[A-Z]/.test(name)) {
    return new Proxy(class {}, { get: (target, member) => (member in target || typeof member !== "string" ? target[member] : `${name}.${member}`) });
  }
  return () => new Disposable();
}

const open = (members) =>
  new Proxy(members, { get: (target, name) => (name in target || typeof name !== "string" ? target[name] : (target[name] = anything(name))) });

for (const name of ["languages", "workspace", "window", "commands", "env"]) known[name] = open(known[name]);
const vscode = open(known);

const load = Module._load;
Module._load = (name, ...rest) => (name === "vscode" ? vscode : load(name, ...rest));

module.exports = { vscode, seen, Document };
