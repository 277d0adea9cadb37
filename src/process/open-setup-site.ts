// The pages that register the App, with what they need of this process.
import type { RequestListener } from 'node:http'
import type { Logger } from 'pino'
import type { AppCredentials, StartConfig } from '../config.ts'
import { exchangeManifestCode } from '../github/register-app.ts'
import { createWebhookGuard } from '../inbox/guard.ts'
import { openSetup } from '../setup/setup.ts'
import { isLocalUrl } from '../text/local-url.ts'
import { createSetupSite } from '../web/setup-site.ts'
import type { AppStore } from './app-store.ts'
import { secretKeysOf } from './keep-secret.ts'
import { webhookUrlOf } from './webhook-url.ts'

export async function openSetupSite(o: {
  config: StartConfig
  store: AppStore
  /** Resolves when this process is the App. */
  become: (app: AppCredentials) => Promise<void>
  build: string
  now: () => string
  log: Logger
  fetch?: typeof fetch
}): Promise<{ readonly handle: RequestListener; readonly address: string }> {
  const { config, store, log } = o
  const { baseUrl, githubUrl, access } = config
  const webhookUrl = webhookUrlOf(config)
  const setup = openSetup({
    baseUrl,
    webhookUrl,
    githubUrl,
    access,
    keys: await secretKeysOf(config),
    now: o.now,
    isTaken: async () => (await store.load()) !== null,
    exchangeCode: (code) => exchangeManifestCode({ apiUrl: config.githubApiUrl, code, fetch: o.fetch ?? fetch }),
    async adopt({ appId, name, privateKey, webhookSecret, client }) {
      const app = { appId, privateKey, webhookSecrets: [webhookSecret], client }
      if (!(await store.insert(app))) return false
      log.info({ appId, name }, 'the GitHub App is registered')
      await o.become(app)
      return true
    },
  })
  const isReachable = !isLocalUrl(webhookUrl) || isLocalUrl(githubUrl)
  const handle = createSetupSite({
    setup,
    config: { baseUrl, githubUrl, webhookUrl, isReachable, build: o.build },
    refuseDelivery: createWebhookGuard({ receive: async () => NO_APP, refuse: () => NO_APP }).answer,
    now: o.now,
    log,
  })
  return { handle, address: setup.address() }
}

/** Until there is an App, nobody knows the secret that deliveries are signed with. */
const NO_APP = {
  status: 503,
  body: { accepted: false, error: 'no GitHub App is registered here yet; send it again later' },
  headers: { 'retry-after': '30' },
}
