// Asks a device for a passkey, or for its signature, and sends what it answers with the form. Where
// scripts or passkeys are missing the form stays hidden, and the page says that a code is needed.

/**
 * @param {string} text base64url
 * @returns {Uint8Array<ArrayBuffer>}
 */
function toBytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/**
 * @param {ArrayBuffer} bytes
 * @returns {string} base64url, without padding
 */
function toText(bytes) {
  const plain = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/**
 * @param {PublicKeyCredentialDescriptorJSON[] | undefined} known
 * @returns {PublicKeyCredentialDescriptor[]}
 */
function descriptors(known) {
  return (known ?? []).map((one) => {
    const transports = /** @type {AuthenticatorTransport[] | undefined} */ (one.transports);
    const found = { type: /** @type {const} */ ("public-key"), id: toBytes(one.id) };
    return transports ? { ...found, transports } : found;
  });
}

/**
 * Have a device make a passkey.
 * @param {PublicKeyCredentialCreationOptionsJSON} asked
 */
function create(asked) {
  const options = /** @type {PublicKeyCredentialCreationOptions} */ ({
    ...asked,
    challenge: toBytes(asked.challenge),
    user: { ...asked.user, id: toBytes(asked.user.id) },
    excludeCredentials: descriptors(asked.excludeCredentials),
  });
  return navigator.credentials.create({ publicKey: options });
}

/**
 * Have a device sign.
 * @param {PublicKeyCredentialRequestOptionsJSON} asked
 */
function get(asked) {
  const options = /** @type {PublicKeyCredentialRequestOptions} */ ({
    ...asked,
    challenge: toBytes(asked.challenge),
    allowCredentials: descriptors(asked.allowCredentials),
  });
  return navigator.credentials.get({ publicKey: options });
}

/**
 * What the server reads of an answer: as `toJSON`, which not every browser has.
 * @param {PublicKeyCredential} credential
 */
function written(credential) {
  const { response } = credential;
  const told = { clientDataJSON: toText(response.clientDataJSON) };
  const { id, type } = credential;
  if (response instanceof AuthenticatorAttestationResponse) {
    const attestationObject = toText(response.attestationObject);
    const transports = response.getTransports?.() ?? [];
    return { id, rawId: id, type, response: { ...told, attestationObject, transports } };
  }
  if (!(response instanceof AuthenticatorAssertionResponse)) return null;
  const authenticatorData = toText(response.authenticatorData);
  const signature = toText(response.signature);
  const known = response.userHandle ? { userHandle: toText(response.userHandle) } : {};
  return { id, rawId: id, type, response: { ...told, authenticatorData, signature, ...known } };
}

/** @param {HTMLFormElement} form */
async function ask(form) {
  const asked = JSON.parse(form.dataset.options ?? "{}");
  const answer = await (form.dataset.passkey === "create" ? create(asked) : get(asked));
  const facts = answer instanceof PublicKeyCredential ? written(answer) : null;
  const field = form.querySelector("input[data-credential]");
  if (!facts || !(field instanceof HTMLInputElement)) throw new Error("no answer");
  field.value = JSON.stringify(facts);
  form.submit();
}

/** @param {HTMLFormElement} form */
function prepare(form) {
  const failed = form.querySelector("[data-failed]");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed?.setAttribute("hidden", "");
    try {
      await ask(form);
    } catch {
      // The person closed the browser's window, or the device knows no such passkey.
      failed?.removeAttribute("hidden");
      delete form.dataset.sent;
    }
  });
}

if ("PublicKeyCredential" in window) {
  for (const hint of document.querySelectorAll("[data-without-passkeys]")) {
    hint.setAttribute("hidden", "");
  }
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (form instanceof HTMLFormElement) prepare(form);
  }
}
