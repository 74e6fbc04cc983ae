/*
 * A plugin of yarn 2 and later: registries and their tokens are the gate's for as long as this process runs,
 * whatever any settings file says, and no proxy stands before the gate.
 *
 * It lies in a private folder beside `gate.json` and is named by YARN_PLUGINS. Invariant: no file is written.
 */
'use strict';

const gate = require('./gate.json');

/** The settings of a scope, or of everything outside one: this registry, and the gate's token. */
const registry = url => ({
  npmRegistryServer: url,
  npmAuthToken: gate.token,
  npmAuthIdent: null,
  npmAlwaysAuth: true,
});

/** Every scope of the user's with the gate's registry and token; the rest of its settings stay. */
function scopes(real) {
  const found = new Map();
  for (const name of new Set([...real.keys(), ...Object.keys(gate.scopes)])) {
    const own = real.get(name) || [];
    found.set(name, new Map([...own, ...Object.entries(registry(gate.scopes[name] || gate.registry))]));
  }
  return found;
}

/** Proxies, for every host but the gate's. */
const proxies = (http, https) => new Map([['!(127.0.0.1)', new Map([['httpProxy', http], ['httpsProxy', https]])]]);

/** Where yarn 4 keeps what registries said of packages. */
const REMEMBERED = /[\\/]metadata[\\/]npm[\\/]/;

module.exports = {
  name: 'plugin-slopguard-gate',
  factory: require => {
    const {Configuration} = require('@yarnpkg/core');
    const {xfs} = require('@yarnpkg/fslib');
    const read = xfs.readJsonPromise;
    // What is remembered of a package is not believed: it may be denied by now, and nobody would hear of it.
    xfs.readJsonPromise = function (path) {
      return REMEMBERED.test(path) ? Promise.reject(new Error('asked for anew')) : read.apply(this, arguments);
    };
    const original = Configuration.prototype.get;
    const plain = new Map(Object.entries({
      ...registry(gate.registry),
      unsafeHttpWhitelist: ['127.0.0.1'],
      httpProxy: null,
      httpsProxy: null,
      enableTelemetry: false,
    }));
    Configuration.prototype.get = function (key) {
      if (plain.has(key))
        return plain.get(key);
      const real = original.call(this, key);
      if (key === 'npmScopes')
        return scopes(real);
      if (key === 'npmRegistries')
        return new Map();
      if (key === 'networkSettings')
        return new Map([...real, ...proxies(original.call(this, 'httpProxy'), original.call(this, 'httpsProxy'))]);
      return real;
    };
    return {};
  },
};
