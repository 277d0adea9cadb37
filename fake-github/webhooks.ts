// What this GitHub tells the App: the emulator's own deliveries, mended, and those it lacks, through one gate.

import type { Deliveries } from './deliveries.ts'
import { normalize } from './normalize.ts'
import { APP } from './organization.ts'
import type { Issue, PullRequest, Review, World } from './world.ts'

type WebhookPayload = Record<string, unknown> & {
  action?: string
  issue?: Issue
  pull_request?: PullRequest
  label?: { name: string }
  review?: Review
  repository?: { id: number; full_name: string }
}

/** Which delivery a deed brings about. Without a number the deed's result tells it. */
type ExpectedDelivery<T> = {
  readonly event: `${string}.${string}`
  readonly repository: string
  readonly number?: number | ((result: T) => number)
}

export type Webhooks = {
  /** A delivery that the emulator made. */
  receiveFromEmulator(event: string, body: string): void
  /** A delivery about a repository that the emulator does not make. */
  send(event: string, payload: Record<string, unknown>, fullName: string, by: string): void
  /** A delivery about the installation itself, which arrives whatever its state. */
  sendInstallationEvent(event: string, payload: Record<string, unknown>, by: string): void
  /** Does a deed, and waits until its delivery has been put in the queue. */
  awaitDelivery<T>(awaited: ExpectedDelivery<T>, deed: () => Promise<T>): Promise<T>
}

export function openWebhooks(o: { world: () => World; deliveries: Deliveries }): Webhooks {
  const listeners = new Set<(event: string, fullName: string | undefined, number: number | null) => void>()

  function pass(event: string, payload: WebhookPayload): void {
    const { installation } = o.world()
    recordPayload(o.world(), event, payload)
    const reaches =
      installation.state === 'active' && !installation.removedRepositoryIds.has(payload.repository?.id ?? 0)
    if (reaches && o.world().grant.events.includes(event)) o.deliveries.enqueue(event, payload)
    const number = payload.issue?.number ?? payload.pull_request?.number ?? null
    for (const listener of listeners) listener(`${event}.${payload.action}`, payload.repository?.full_name, number)
  }

  return {
    receiveFromEmulator(told, body) {
      const payload = normalize(o.world(), body) as WebhookPayload
      // It says so of every change to a repository, where GitHub names the change.
      if (told === 'repository') return
      pass(normalizePayload(told, payload), { ...payload, ...deliveryEnvelope(o.world()) })
    },
    send(event, payload, fullName, by) {
      const world = o.world()
      const whole = {
        ...payload,
        repository: world.repositories.get(fullName),
        sender: world.users.get(by),
        ...deliveryEnvelope(world),
      }
      pass(event, normalize(world, JSON.stringify(whole)) as WebhookPayload)
    },
    sendInstallationEvent(event, payload, by) {
      const world = o.world()
      o.deliveries.enqueue(
        event,
        normalize(world, JSON.stringify({ ...payload, sender: world.users.get(by) })) as object,
      )
    },
    async awaitDelivery(awaited, deed) {
      const arrived: (number | null)[] = []
      let wake = () => {}
      const listener = (event: string, fullName: string | undefined, number: number | null) => {
        if (event !== awaited.event || fullName !== awaited.repository) return
        arrived.push(number)
        wake()
      }
      listeners.add(listener)
      try {
        const result = await deed()
        const { number } = awaited
        const wanted = typeof number === 'function' ? number(result) : number
        await waitUntil(
          () => arrived.some((one) => wanted === undefined || one === wanted),
          (next) => {
            wake = next
          },
          `${awaited.event} of ${awaited.repository}`,
        )
        return result
      } finally {
        listeners.delete(listener)
      }
    },
  }
}

function waitUntil(holds: () => boolean, onChange: (next: () => void) => void, what: string): Promise<void> {
  if (holds()) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the emulator never told ${what}`)), TIMEOUT_MS)
    onChange(() => {
      if (!holds()) return
      clearTimeout(timer)
      resolve()
    })
  })
}

const TIMEOUT_MS = 10_000

function deliveryEnvelope(world: World): object {
  return {
    organization: {
      login: world.organization.login,
      id: 1,
      node_id: 'O_acme',
      url: `${world.url}/orgs/${world.organization.login}`,
    },
    installation: { id: world.installation.id, node_id: `I_${APP.installationId}` },
  }
}

/** Makes the emulator's payload what GitHub sends; returns the event's name. */
function normalizePayload(event: string, payload: WebhookPayload): string {
  if (payload.review) payload.review = { ...payload.review, state: payload.review.state.toLowerCase() }
  if (payload.label) {
    const labels = (payload.issue ?? payload.pull_request)?.labels as readonly { name: string }[] | undefined
    payload.label = labels?.find((label) => label.name === payload.label?.name) ?? payload.label
  }
  // A labelled pull request is told as an issue by the emulator.
  const isPull = event === 'issues' && payload.issue !== undefined && 'head' in payload.issue
  if (isPull) {
    payload.pull_request = payload.issue as unknown as PullRequest
    delete payload.issue
  }
  if (payload.pull_request) payload.number = payload.pull_request.number
  return isPull ? 'pull_request' : event
}

function recordPayload(world: World, event: string, payload: WebhookPayload): void {
  const fullName = payload.repository?.full_name
  if (fullName === undefined) return
  if (event === 'issues' && payload.issue) world.issues.set(`${fullName}#${payload.issue.number}`, payload.issue)
  const key = `${fullName}#${payload.pull_request?.number}`
  if (event === 'pull_request_review' && payload.review) {
    const others = (world.reviews.get(key) ?? []).filter((review) => review.id !== payload.review?.id)
    world.reviews.set(
      key,
      [...others, payload.review].toSorted((one, other) => one.id - other.id),
    )
  }
  if (payload.pull_request && 'merged' in payload.pull_request)
    world.pullRequests.set(`${fullName}#${payload.pull_request.number}`, payload.pull_request)
}
