// The doctor's requests through BASE_URL, as a browser and as GitHub would send them.
import type { HealthAnswer, PostAnswer, SiteReading, StreamTimes } from '../doctor/site.ts'
import { MAX_BODY_BYTES, WEBHOOK_PATH } from '../inbox/guard.ts'
import { attempt } from './reading.ts'

const HEALTH_TIMEOUT_MS = 4_000
const STREAM_TIMEOUT_MS = 6_000
const POSTS_TIMEOUT_MS = 11_000

/** More than most proxies take unless they are told to; and the largest that GitHub sends. */
const POSTED_BYTES = [3 * 1024 * 1024, MAX_BODY_BYTES]

export async function probeSite(o: {
  readonly baseUrl: string
  readonly build: string
  /** Where Andon would listen on this machine. */
  readonly localUrl: string
}): Promise<SiteReading> {
  const { baseUrl, build, localUrl } = o
  const health = await attempt(readHealth(baseUrl), HEALTH_TIMEOUT_MS)
  const isOurs = 'value' in health && health.value.build === build
  if (isOurs) {
    const [stream, posts] = await Promise.all([
      attempt(timeStream(baseUrl), STREAM_TIMEOUT_MS + 500),
      postBodies(baseUrl),
    ])
    return { baseUrl, build, health, local: null, stream, posts }
  }
  const local = await attempt(readHealth(localUrl), HEALTH_TIMEOUT_MS)
  const answers = 'value' in local && local.value.build !== null
  return { baseUrl, build, health, local: { url: localUrl, answers }, stream: null, posts: [] }
}

async function readHealth(url: string): Promise<HealthAnswer> {
  const response = await fetch(`${url}/healthz`, {
    redirect: 'manual',
    signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
  })
  const body: unknown = await response.json().catch(() => null)
  const { build } = (body ?? {}) as { readonly build?: unknown }
  const isAndon = response.status === 200 && typeof build === 'string'
  return { status: response.status, location: response.headers.get('location'), build: isAndon ? build : null }
}

async function timeStream(url: string): Promise<StreamTimes> {
  const startedAt = performance.now()
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(), STREAM_TIMEOUT_MS)
  let status = 200
  let firstMs: number | null = null
  try {
    const response = await fetch(`${url}/events?probe`, { redirect: 'manual', signal: ending.signal })
    status = response.status
    if (status !== 200) return { status, firstMs: null, endMs: null }
    for await (const _ of response.body ?? []) firstMs ??= performance.now() - startedAt
    return { status, firstMs, endMs: performance.now() - startedAt }
  } catch (error) {
    if (ending.signal.aborted) return { status, firstMs, endMs: null }
    throw error
  } finally {
    clearTimeout(timer)
    ending.abort()
  }
}

/** One after the other: a proxy that refuses the small one refuses the large one too. */
async function postBodies(url: string): Promise<SiteReading['posts']> {
  const endsAt = performance.now() + POSTS_TIMEOUT_MS
  const posts: SiteReading['posts'][number][] = []
  for (const bytes of POSTED_BYTES) {
    const leftMs = Math.max(1, Math.round(endsAt - performance.now()))
    const answer = await attempt(postUnsigned(url, bytes, leftMs), leftMs)
    posts.push({ bytes, answer })
    if ('failure' in answer || answer.value.status !== 401) break
  }
  return posts
}

/** With a wrong signature, and without a delivery's GUID: nothing is stored and nothing is counted. */
async function postUnsigned(url: string, bytes: number, withinMs: number): Promise<PostAnswer> {
  const response = await fetch(url + WEBHOOK_PATH, {
    method: 'POST',
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'ping',
      'x-hub-signature-256': `sha256=${'0'.repeat(64)}`,
    },
    body: Buffer.alloc(bytes, ' '),
    signal: AbortSignal.timeout(withinMs),
  })
  const body = (await response.json().catch(() => null)) as { readonly error?: unknown } | null
  const error = typeof body?.error === 'string' ? body.error : null
  return { status: response.status, location: response.headers.get('location'), error }
}
