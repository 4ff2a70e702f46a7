// cbor-x tries the helper and goes on in plain JavaScript when it cannot be loaded.
throw new Error("no native helper: see package.json");
