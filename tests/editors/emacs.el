;;; The language server in Emacs, with eglot and flymake: run by scripts/editors_emacs.py.
;;; Arguments: the policy.

(require 'cl-lib)
(require 'flymake)
(require 'eglot)

(defconst half-line "\"Condition\": { \"StringEq")

(defmacro trial-wait (what &rest body)
  "Wait until BODY is not nil, and return what it is."
  `(let ((end (+ (float-time) 60)) answer)
     (while (not (setq answer (progn ,@body)))
       (when (> (float-time) end) (error "%s: not in time; %S" ,what (trial-findings)))
       (accept-process-output nil 0.05))
     answer))

(defun trial-findings ()
  "The rule, the line, the text under it and the message of each diagnostic, in the order of the text."
  (mapcar (lambda (d)
            (list (flymake-diagnostic-type d)
                  (line-number-at-pos (flymake-diagnostic-beg d))
                  (buffer-substring-no-properties (flymake-diagnostic-beg d) (flymake-diagnostic-end d))
                  (flymake-diagnostic-text d)))
          (flymake-diagnostics)))

;; Emacs tells of changes when it is idle, and in batch it never is.
(defun trial-changed ()
  (eglot--signal-textDocument/didChange)
  (flymake-start))

(defun trial-mentions (findings rule)
  (cl-find-if (lambda (one) (string-match-p (regexp-quote rule) (nth 3 one))) findings))

(setq eglot-sync-connect t
      flymake-no-changes-timeout 0.1
      ;; Nobody is there to be asked.
      eglot-confirm-server-initiated-edits nil
      ;; The choice is made with the keyboard, not in a menu.
      last-nonmenu-event ?\r
      make-backup-files nil
      create-lockfiles nil)

(find-file (pop command-line-args-left))
;; eglot connects after the command that opened the file.
(run-hooks 'post-command-hook)
(trial-wait "eglot connects" (eglot-managed-p))
(flymake-mode 1)

;; The findings.
(flymake-start)
(let* ((found (trial-wait "findings are shown" (trial-findings)))
       (hole (trial-mentions found "this policy allows a request that does not come from your VPC")))
  (cl-assert (= (length found) 2) t)
  (cl-assert hole t)
  (cl-assert (equal (nth 1 hole) 15) t)
  (cl-assert (equal (nth 2 hole) "\"ForAnyValue:StringNotEquals\"") t)
  (cl-assert (string-match-p "decision   allowed" (nth 3 hole)) t))

;; What is known of the thing at point.
(goto-char (point-min))
(search-forward "ForAny")
(let* ((hover (jsonrpc-request (eglot--current-server-or-lose) :textDocument/hover (eglot--TextDocumentPositionParams)))
       (said (eglot--hover-info (plist-get hover :contents) (plist-get hover :range))))
  (cl-assert (string-match-p "ForAnyValue" said) t))

;; The fix, as the user chooses it: the one that eglot proposes.
(let (offered)
  (cl-letf (((symbol-function 'completing-read)
             (lambda (_prompt table &optional _predicate _match _initial _history default &rest _)
               (setq offered (all-completions "" table))
               (if (consp default) (car default) default))))
    (call-interactively #'eglot-code-actions))
  (cl-assert (>= (length offered) 2) t))
(cl-assert (string-match-p "{ \"StringNotEquals\"" (buffer-string)) t)
(trial-changed)
(trial-wait "nothing is found any more" (null (trial-findings)))
(save-buffer)

;; Half a line, and back.
(let ((before (buffer-string)))
  (goto-char (point-min))
  (forward-line 6)
  (buffer-enable-undo)
  (undo-boundary)
  (insert "      " half-line "\n")
  (undo-boundary)
  (trial-changed)
  (let ((found (trial-wait "the broken line is told" (trial-findings))))
    (cl-assert (equal (cl-subseq (trial-mentions found "this string is not closed") 1 3) '(7 "\"StringEq")) t))
  ;; Completion, while the text is broken.
  (forward-line -1)
  (end-of-line)
  (let* ((capf (eglot-completion-at-point))
         (words (all-completions (buffer-substring (nth 0 capf) (nth 1 capf)) (nth 2 capf))))
    (cl-assert (cl-find-if (lambda (w) (string-match-p "StringEquals" w)) words) t))
  (undo)
  (cl-assert (equal before (buffer-string)) t)
  (trial-changed)
  (trial-wait "it recovers" (null (trial-findings))))

(set-buffer-modified-p nil)
(message "trial: all seen")
(eglot-shutdown (eglot--current-server-or-lose))
(kill-emacs 0)
