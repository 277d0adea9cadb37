// Does GitHub post to this Andon, in a way that it understands, and do its deliveries arrive?
import { isLocalUrl } from '../text/local-url.ts'
import type { DeliveryAttempt, WebhookSettings } from '../translate/app-reads.ts'
import { type Finding, ok, type Reading, unknown, wrong } from './finding.ts'

/** `page` is the App's page on GitHub, `expected` where GitHub must post. */
export function examineWebhook(
  webhook: Reading<WebhookSettings | null>,
  o: { readonly page: string; readonly expected: string },
): readonly Finding[] {
  const { page, expected } = o
  if ('failure' in webhook)
    return [unknown('webhook', 'webhook-unread', `GitHub does not say: ${webhook.failure.words}`, 'Try again.')]
  const settings = webhook.value
  if (settings === null)
    return [
      wrong(
        'webhook',
        'webhook-inactive',
        'the App has no active webhook',
        `Tick "Active" at ${page}, and set the webhook URL to ${expected}.`,
      ),
    ]
  const found = [
    ...examineUrl(settings.url, o),
    ...(settings.contentType === 'json'
      ? []
      : [
          wrong(
            'webhook',
            'webhook-content-type',
            `GitHub posts as ${settings.contentType}, which is not accepted`,
            `Set the content type to application/json at ${page}.`,
          ),
        ]),
    ...(settings.hasSecret
      ? []
      : [
          wrong(
            'webhook',
            'webhook-secret-missing',
            'the webhook has no secret on GitHub, so its deliveries carry no signature',
            `Enter the value of WEBHOOK_SECRET at ${page}.`,
          ),
        ]),
    ...(settings.verifiesCertificates || !settings.url.startsWith('https:')
      ? []
      : [
          wrong(
            'webhook',
            'webhook-certificate',
            'GitHub does not check the certificate of the host that it posts to',
            `Enable SSL verification at ${page}.`,
          ),
        ]),
  ]
  return found.length > 0 ? found : [ok('webhook', `GitHub posts to ${settings.url}`)]
}

function examineUrl(url: string, { page, expected }: { readonly page: string; readonly expected: string }) {
  if (sameAddress(url, expected)) return []
  // On a laptop, GitHub posts to a webhook proxy, which need not be ours to know.
  if (isLocalUrl(expected) && !isLocalUrl(url)) return []
  return [
    wrong(
      'webhook',
      'webhook-url',
      `GitHub posts to ${url === '' ? 'no address' : url}, and not to ${expected}`,
      `Set the webhook URL to ${expected} at ${page}, or correct BASE_URL or WEBHOOK_PROXY_URL.`,
    ),
  ]
}

function sameAddress(one: string, other: string): boolean {
  const addressOf = (url: string) => (URL.canParse(url) ? new URL(url).href.replace(/\/$/, '') : url)
  return addressOf(one) === addressOf(other)
}

/** `attempts` are newest first. */
export function examineDeliveries(attempts: Reading<readonly DeliveryAttempt[]>, page: string): Finding {
  if ('failure' in attempts) {
    const { words } = attempts.failure
    return unknown('deliveries', 'deliveries-unread', `GitHub does not show its log: ${words}`, 'Try again.')
  }
  const all = attempts.value
  const newest = all[0]
  if (newest === undefined) return ok('deliveries', 'GitHub has sent none in the last three days')
  const arrived = new Set(all.filter(isArrived).map(({ guid }) => guid))
  const lost = new Map(all.filter(({ guid }) => !arrived.has(guid)).map((attempt) => [attempt.guid, attempt]))
  const count = `${lost.size} of the last ${all.length}`
  if (!isArrived(newest)) {
    const { cause, what, todo } = whyNotArrived(newest)
    return wrong(
      'deliveries',
      cause,
      `${count} did not arrive, the newest among them: ${what}`,
      `${todo} ${again(page)}`,
    )
  }
  if (lost.size === 0) return ok('deliveries', `the newest arrived at ${newest.deliveredAt}`)
  const latest = [...lost.values()].reduce((one, other) => (one.deliveredAt > other.deliveredAt ? one : other))
  const what = `${count} did not arrive, the latest at ${latest.deliveredAt} (${latest.status}); newer ones do`
  return wrong('deliveries', 'deliveries-lost', what, again(page))
}

function again(page: string): string {
  return `Redeliver what was lost at ${page}/advanced.`
}

/** GitHub takes a redirect for success, and does not follow it. */
function isArrived({ statusCode }: DeliveryAttempt): boolean {
  return statusCode >= 200 && statusCode < 300
}

type WhyNotArrived = { readonly cause: string; readonly what: string; readonly todo: string }

function whyNotArrived({ statusCode, status }: DeliveryAttempt): WhyNotArrived {
  if (/timed? ?out/i.test(status)) return DELIVERY_FAILURES.timeout
  if (/certificate|ssl|tls/i.test(status)) return DELIVERY_FAILURES.certificate
  if (statusCode < 100 || /connect|resolve|host/i.test(status)) return DELIVERY_FAILURES.unreachable
  const what = `they are answered ${statusCode}`
  if (statusCode < 400)
    return { ...DELIVERY_FAILURES.redirect, what: `${what}, a redirect, which GitHub does not follow` }
  const [, known] = BY_STATUS.find(([codes]) => codes.includes(statusCode)) ?? []
  return known === undefined ? { ...DELIVERY_FAILURES.other, what } : { ...known, what: `${what}: ${known.what}` }
}

const DELIVERY_FAILURES = {
  timeout: {
    cause: 'deliveries-time-out',
    what: 'no answer comes within ten seconds',
    todo: 'Look whether Andon or its database hangs: `/readyz` and the log say so.',
  },
  certificate: {
    cause: 'deliveries-certificate',
    what: 'GitHub does not accept the certificate of the host',
    todo: 'Renew the certificate, with its whole chain.',
  },
  unreachable: {
    cause: 'deliveries-unreachable',
    what: 'GitHub cannot connect to the host',
    todo: 'Let the firewall and DNS lead from the internet to BASE_URL.',
  },
  redirect: {
    cause: 'deliveries-redirected',
    what: '',
    todo: 'Set the webhook URL to where the redirect leads.',
  },
  other: { cause: 'deliveries-refused', what: '', todo: 'Look into the log of Andon and of the proxy before it.' },
} as const

const BY_STATUS: readonly (readonly [readonly number[], WhyNotArrived])[] = [
  [
    [401],
    {
      cause: 'deliveries-secret',
      what: 'the secret on GitHub is not WEBHOOK_SECRET, or something in between changes the body',
      todo: 'Enter the same secret on both sides, and restart Andon with it.',
    },
  ],
  [
    [404, 405],
    {
      cause: 'deliveries-elsewhere',
      what: 'something else answers there',
      todo: 'Let the proxy pass /api/github/webhooks on to Andon.',
    },
  ],
  [
    [413],
    {
      cause: 'deliveries-too-large',
      what: 'a proxy takes no bodies of that size',
      todo: 'Let the proxy take bodies of 25 MiB.',
    },
  ],
  [
    [400, 415],
    {
      cause: 'deliveries-changed',
      what: 'what arrives is not what GitHub sent',
      todo: 'Let the proxy pass headers and bodies on unchanged.',
    },
  ],
  [
    [403, 407, 429],
    {
      cause: 'deliveries-blocked',
      what: 'something before Andon refuses them',
      todo: 'Let the firewall or proxy pass POST /api/github/webhooks.',
    },
  ],
  [
    [502, 504],
    {
      cause: 'deliveries-gateway',
      what: 'the proxy gets no answer from Andon',
      todo: 'Look whether Andon runs, and where the proxy passes requests on to.',
    },
  ],
  [
    [500, 503],
    {
      cause: 'deliveries-not-stored',
      what: 'Andon cannot store them',
      todo: 'Look at `/readyz` and the log: mostly the database is not there.',
    },
  ],
]
