/*
 * A plugin of yarn 2 and later: registries, their tokens and proxies are the gate's for as long as this process
 * runs, whatever any settings file says; what a package asks for outside a registry is refused.
 *
 * It lies in a private folder beside `gate.json` and is named by YARN_PLUGINS. Invariant: no file is written.
 */
'use strict';

const gate = require('./gate.json');

/** What `configuration.get` says instead, by key. */
function answers(realScopes) {
  const scope = url => new Map(Object.entries({
    npmRegistryServer: url, npmPublishRegistry: null, npmAuditRegistry: null,
    npmAuthToken: gate.token, npmAuthIdent: null, npmAlwaysAuth: true,
  }));
  const scopes = new Map();
  for (const [name, own] of realScopes || []) {
    const given = typeof own.get === 'function' ? [...own] : [];
    scopes.set(name, new Map([...given, ...scope(gate.scopes[name] || gate.registry)]));
  }
  for (const [name, url] of Object.entries(gate.scopes))
    if (!scopes.has(name)) scopes.set(name, scope(url));
  return {
    npmRegistryServer: gate.registry,
    npmAuthToken: gate.token,
    npmAuthIdent: null,
    npmAlwaysAuth: true,
    npmRegistries: new Map(),
    npmScopes: scopes,
    unsafeHttpWhitelist: ['127.0.0.1'],
    httpProxy: null,
    httpsProxy: null,
    networkSettings: new Map(),
    enableTelemetry: false,
  };
}

/** Whether a range of a package from a registry leads out of the registry. */
function elsewhere(range, parent) {
  const inner = range.startsWith('patch:')
    ? decodeURIComponent(range.slice(6).split('#')[0]).replace(/^@?[^@]+@/, '')
    : range;
  if (/^(?:exec|file|link|portal):/.test(inner))
    return parent.startsWith('npm:');
  return /^(?:git|ssh|https?)[:+@]|^[^@:/]+@[^:/]+:|^(?:github|gitlab|bitbucket|gist):|^[^@:/\s]+\/[^@:/\s]+(?:#|$)|\.git(?:#|$)/.test(inner);
}

module.exports = {
  name: 'plugin-slopguard-gate',
  factory: require => {
    const {Configuration, MessageName, ReportError} = require('@yarnpkg/core');
    const original = Configuration.prototype.get;
    Configuration.prototype.get = function (key) {
      const real = original.call(this, key);
      if (key === 'unsafeHttpWhitelist' || key.startsWith('npm') || key.startsWith('http') || key === 'networkSettings' || key === 'enableTelemetry') {
        const said = answers(key === 'npmScopes' ? real : null);
        if (Object.hasOwn(said, key)) return said[key];
      }
      return real;
    };
    const refused = what => new ReportError(MessageName.NETWORK_DISABLED || 80, what);
    return {
      hooks: {
        reduceDependency: async (dependency, project, locator) => {
          const own = project.tryWorkspaceByLocator(locator);
          if (!own && !gate.observed && elsewhere(dependency.range, locator.reference))
            throw refused('slopguard: a package asks for a dependency outside any registry, which is refused');
          return dependency;
        },
        wrapNetworkRequest: async (executor, {target}) => {
          const url = new URL(target);
          if (gate.observed || url.origin === gate.origin) return executor;
          throw refused('slopguard: a request to a host that is no registry of this session is refused');
        },
      },
    };
  },
};
