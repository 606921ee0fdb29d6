"""`make client`: write the Python client's models, and the one file of the JavaScript client."""

from tools.clients import javascript_file, python_models
from tools.clients.document import openapi_document

document = openapi_document()
python_models.TO.write_text(python_models.models_of(document), encoding="utf-8")
javascript_file.TO.write_text(javascript_file.file_of(document), encoding="utf-8")
