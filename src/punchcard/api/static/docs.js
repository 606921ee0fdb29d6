// Shows the OpenAPI document of this server, in the colours that the device prefers.
const darkScheme = window.matchMedia("(prefers-color-scheme: dark)");

function followDevice() {
  document.documentElement.classList.toggle("dark-mode", darkScheme.matches);
}

darkScheme.addEventListener("change", followDevice);
followDevice();

window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#reference",
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    docExpansion: "list",
    filter: true,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
});
