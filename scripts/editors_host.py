"""The extension in a real VS Code: that of code-server, which npm has, with its workbench in Debian's Chromium without a screen. The
first time takes minutes: parts of code-server are compiled. For editors.py."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import urllib.parse

import editors_vscode
from editors_scratch import ROOT, Missing, apt_install, scratch, wait
from tools import TARGET

CODE_SERVER = "code-server@4.100.3"
NODE = 20
# What it needs compiled. Not `kerberos`, which wants a library and is for proxies.
NATIVE = ["native-watchdog", "node-pty", "@parcel/watcher", "@vscode/deviceid", "@vscode/spdlog"]


def code_server():
    """The command that starts it."""
    home = TARGET / "code-server"
    entry = home / "node_modules/code-server/out/node/entry.js"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        editors_vscode.npm(home, "install", "--prefix", home, CODE_SERVER)
        inner = home / "node_modules/code-server/lib/vscode"
        editors_vscode.npm(inner, "install", "--omit=dev")
        # Compiled against what node came with: nothing else can be fetched.
        root = pathlib.Path(shutil.which("node")).resolve().parent.parent
        env = {**os.environ, "npm_config_nodedir": str(root), "npm_config_build_from_source": "true", "npm_config_yes": "true"}
        editors_vscode.run("npm", "rebuild", "argon2", cwd=home, env=env)
        editors_vscode.run("npm", "rebuild", *NATIVE, cwd=inner, env=env)
        (home / "complete").touch()
    return ["node", entry]


def address(port, folder):
    """Of the workbench, with the tests run in its extension host."""
    host = f"127.0.0.1:{port}"
    tests = f"vscode-remote://{host}{ROOT / 'editors/vscode/test/host'}"
    payload = [["extensionDevelopmentPath", tests], ["extensionTestsPath", f"{tests}/index"]]
    return f"http://{host}/?{urllib.parse.urlencode({'folder': folder, 'payload': json.dumps(payload)})}"


def main(ringfence):
    if not shutil.which("npm") or int(re.search(r"\d+", editors_vscode.run("node", "--version"))[0]) != NODE:
        raise Missing(f"{CODE_SERVER} needs node {NODE}")
    apt_install(lambda: shutil.which("chromium"), "chromium")
    package = editors_vscode.pack()
    program = code_server()
    with scratch(ringfence) as trial:
        said = trial.folder / "said"
        env = {**trial.env, "RINGFENCE_POLICY": str(trial.policy), "RINGFENCE_SAID": str(said)}
        places = ["--extensions-dir", trial.folder / "extensions", "--user-data-dir", trial.folder / "user"]
        # The path is that of a login shell, whatever it is here.
        settings = trial.folder / "user/User/settings.json"
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"ringfence.path": str(trial.folder / "bin/ringfence")}))
        editors_vscode.run(*program, *places, "--install-extension", package, env=env)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        switches = ["--auth=none", f"--bind-addr=127.0.0.1:{port}", "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"]
        browser = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={trial.folder / 'browser'}"]
        running = []
        try:
            with (trial.folder / "log").open("w") as log:
                streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
                running.append(subprocess.Popen([*program, *places, *switches], env=env, **streams))
                wait("code-server starts", lambda: answers(port))
                running.append(subprocess.Popen([*browser, address(port, trial.policy.parent)], env=env, **streams))
            text = wait("the tests have run", lambda: said.exists() and said.read_text(), 300)
        finally:
            for process in reversed(running):
                process.terminate()
                process.wait(60)
        assert text.startswith("ok: "), text
        trial.is_fixed()
        trial.ends()
    print(f"ok: the extension in VS Code {text[4:]}, which is that of {CODE_SERVER}")


def answers(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
