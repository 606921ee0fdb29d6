// What the server writes before the terminal's service worker (web/terminal.py, get_worker).

/** What to keep of the shell, and the version that names the cache. */
declare const SHELL: { version: string; files: string[]; later: string[] };
