// Sends what browsers want to hear. What a person may see is asked when it is sent, and so is whether it is still so. A
// message whose answer is unclear is sent again: for the browser, two with one tag are one notification.
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Pipeline } from '../pipeline/model/pipeline.ts'
import type { Instant } from '../pipeline/model/time.ts'
import { headlineOf } from '../pipeline/view/light.ts'
import { needOf } from '../pipeline/view/need.ts'
import { newsAt, newsStill } from '../pipeline/view/news.ts'
import type { SecretKeys } from '../sign-in/keys.ts'
import { AccessUnknown, SignInRequired } from '../sign-in/refusals.ts'
import type { LookUpSeen } from '../sign-in/seen.ts'
import type { Database } from '../store/database.ts'
import { judgeDueNews } from '../store/news.ts'
import {
  arePushesDue,
  type ClaimedPush,
  claimPushes,
  completePush,
  loadPushedPipeline,
  type PushOutcome,
  postponePush,
} from '../store/pushes.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { openPushKeys, type PushKeys } from './push-keys.ts'
import { type BrowserSubscription, type PushContent, sendPush } from './push-request.ts'

export type PushSender = { step(stopping?: AbortSignal): Promise<number> }

export function openPushSender(o: {
  database: Database
  keys: SecretKeys
  seen: LookUpSeen
  send: typeof fetch
  baseUrl: string
  now: () => Instant
  log: Logger
}): PushSender {
  const { database, now, log } = o
  const pushKeys = openPushKeys(o)
  // Push services want to know whom to write to; of a development machine there is nobody.
  const subject = o.baseUrl.startsWith('https:') ? o.baseUrl : 'mailto:nobody@example.com'

  async function sendClaimed(push: ClaimedPush, token: string, keys: PushKeys): Promise<void> {
    const complete = (outcome: PushOutcome) => completePush(database, push, token, { outcome, now: now() })
    const postpone = (afterMs: number) => {
      const backoffMs = Math.min(FIRST_RETRY_MS * 2 ** (push.tries - 1), MAX_RETRY_MS)
      return postponePush(database, push, token, millisecondsAfter(now(), Math.max(afterMs, backoffMs)))
    }
    if (push.expiresAt <= now()) return await complete('expired')
    const sealed = o.keys.open(push.sealedSubscription, PUSH_SUBSCRIPTION_PURPOSE)
    if (sealed === null) return await complete('gone')
    const visible = await o.seen({ kind: 'user', id: push.userId }).catch((error: unknown) => {
      if (error instanceof SignInRequired) return null
      if (error instanceof AccessUnknown) return 'unknown'
      throw error
    })
    if (visible === 'unknown') return await postpone(0)
    const found = visible && (await loadPushedPipeline(database, push, token, visible.repositories))
    const content = found && contentOf(found, push, now())
    if (content === null) return await complete('dropped')
    const ttlSeconds = Math.floor((Date.parse(push.expiresAt) - Date.parse(now())) / 1000)
    const subscription = JSON.parse(sealed) as BrowserSubscription
    const answer = await sendPush({ send: o.send, keys, subject }, subscription, content, ttlSeconds)
    if (answer.outcome === 'again') return await postpone(answer.afterMs)
    if (answer.outcome === 'refused') log.warn({ status: answer.status }, 'a push service has refused a message')
    await complete(answer.outcome)
  }

  return {
    async step(stopping) {
      if (!(await arePushesDue(database, now()))) return 0
      const judged = await judgeDueNews(database, now(), (waiting) => newsAt(waiting.pipeline, waiting, now()))
      if (stopping?.aborted) return judged
      const keys = await pushKeys.load()
      if (keys === null) return judged
      const token = randomUUID()
      const claimed = await claimPushes(database, { now: now(), token, max: AT_ONCE })
      const ended = await Promise.allSettled(claimed.map((push) => sendClaimed(push, token, keys)))
      const failed = ended.find((one) => one.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      return judged + claimed.length
    },
  }
}

function contentOf(
  { repository, pipeline }: { readonly repository: string; readonly pipeline: Pipeline },
  push: ClaimedPush,
  now: Instant,
): PushContent | null {
  const kind = newsStill(pipeline, push, now)
  if (kind === null) return null
  const stage = kind === 'needs-you' ? needOf(pipeline, now)?.stage.name : headlineOf(pipeline).stage
  const { number, title } = pipeline.issue
  return { kind, repository, number, title: title ?? '', stage: stage ?? '' }
}

/** What a sealed subscription opens for. */
export const PUSH_SUBSCRIPTION_PURPOSE = 'push subscription'

const AT_ONCE = 8
const FIRST_RETRY_MS = 30_000
const MAX_RETRY_MS = 15 * 60_000
