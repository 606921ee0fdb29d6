"""What an assistant may do in a shop: tools of the Model Context Protocol over the HTTP API.

It speaks to a server with an API key, as any other software of the shop does, and knows nothing
else of this program. The SDK is an extra (`punchcard[mcp]`): only `punchcard mcp` loads it.
"""
