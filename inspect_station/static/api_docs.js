// Starts Swagger UI on the API's own description.
(function () {
  "use strict";
  const place = document.getElementById("swagger-ui");
  window.SwaggerUIBundle({ url: place.dataset.spec, domNode: place, deepLinking: true, validatorUrl: null });
})();
