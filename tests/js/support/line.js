// A line to a server for tests of modules that talk to one: it can be cut, and it remembers.

// Returns `{fetch, calls, cut, mend, loseAnswers}`. `serve(request)` gives {status, body, headers}
// for {method, path, headers, body}, whose body has been read as JSON. Pass `fetch` to the module.
export function makeLine(serve) {
  const calls = [];
  let state = "up";

  async function fetch(path, { method = "GET", headers = {}, body, signal } = {}) {
    signal?.throwIfAborted();
    if (state === "cut") throw new TypeError("Failed to fetch");
    const request = {
      method,
      path,
      headers,
      body: body === undefined ? undefined : JSON.parse(body),
    };
    calls.push(request);
    const { status = 200, body: answer = {}, headers: given = {} } = await serve(request);
    // The server has done its work; only the word of it is lost.
    if (state === "losing answers") throw new TypeError("Failed to fetch");
    return new Response(JSON.stringify(answer), {
      status,
      headers: { "Content-Type": "application/json", ...given },
    });
  }

  return {
    fetch,
    calls,
    cut() {
      state = "cut";
    },
    loseAnswers() {
      state = "losing answers";
    },
    mend() {
      state = "up";
    },
  };
}
