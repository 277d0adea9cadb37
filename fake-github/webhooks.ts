// What this GitHub tells the App: the emulator's own deliveries, mended, and those it lacks, through one gate.

import type { Deliveries } from './deliveries.ts'
import { complete } from './normalize.ts'
import { APP } from './organization.ts'
import type { Issue, PullRequest, Review, World } from './world.ts'

type Payload = Record<string, unknown> & {
  action?: string
  issue?: Issue
  pull_request?: PullRequest
  label?: { name: string }
  review?: Review
  repository?: { id: number; full_name: string }
}

/** Which delivery a deed brings about. Without a number the deed's result tells it. */
type Awaited<T> = {
  readonly event: `${string}.${string}`
  readonly in: string
  readonly number?: number | ((result: T) => number)
}

export type Told = {
  /** A delivery that the emulator made. */
  receive(event: string, body: string): void
  /** A delivery about a repository that the emulator does not make. */
  tell(event: string, payload: Record<string, unknown>, fullName: string, by: string): void
  /** A delivery about the installation itself, which arrives whatever its state. */
  tellInstallation(event: string, payload: Record<string, unknown>, by: string): void
  /** Does a deed, and waits until its delivery has been put in the queue. */
  after<T>(awaited: Awaited<T>, deed: () => Promise<T>): Promise<T>
}

export function openTold(o: { world: () => World; deliveries: Deliveries }): Told {
  const listeners = new Set<(event: string, fullName: string | undefined, number: number | null) => void>()

  function pass(event: string, payload: Payload): void {
    const { installation } = o.world()
    remember(o.world(), event, payload)
    const reaches = installation.state === 'active' && !installation.without.has(payload.repository?.id ?? 0)
    if (reaches && o.world().grant.events.includes(event)) o.deliveries.post(event, payload)
    const number = payload.issue?.number ?? payload.pull_request?.number ?? null
    for (const listener of listeners) listener(`${event}.${payload.action}`, payload.repository?.full_name, number)
  }

  return {
    receive(told, body) {
      const payload = complete(o.world(), body) as Payload
      // It says so of every change to a repository, where GitHub names the change.
      if (told === 'repository') return
      pass(mend(told, payload), { ...payload, ...frame(o.world()) })
    },
    tell(event, payload, fullName, by) {
      const world = o.world()
      const whole = {
        ...payload,
        repository: world.repositories.get(fullName),
        sender: world.users.get(by),
        ...frame(world),
      }
      pass(event, complete(world, JSON.stringify(whole)) as Payload)
    },
    tellInstallation(event, payload, by) {
      const world = o.world()
      o.deliveries.post(event, complete(world, JSON.stringify({ ...payload, sender: world.users.get(by) })) as object)
    },
    async after(awaited, deed) {
      const arrived: (number | null)[] = []
      let wake = () => {}
      const listener = (event: string, fullName: string | undefined, number: number | null) => {
        if (event !== awaited.event || fullName !== awaited.in) return
        arrived.push(number)
        wake()
      }
      listeners.add(listener)
      try {
        const result = await deed()
        const { number } = awaited
        const wanted = typeof number === 'function' ? number(result) : number
        await until(
          () => arrived.some((one) => wanted === undefined || one === wanted),
          (next) => {
            wake = next
          },
          `${awaited.event} of ${awaited.in}`,
        )
        return result
      } finally {
        listeners.delete(listener)
      }
    },
  }
}

function until(holds: () => boolean, onChange: (next: () => void) => void, what: string): Promise<void> {
  if (holds()) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the emulator never told ${what}`)), PATIENCE_MS)
    onChange(() => {
      if (!holds()) return
      clearTimeout(timer)
      resolve()
    })
  })
}

const PATIENCE_MS = 10_000

function frame(world: World): object {
  return {
    organization: { login: world.cast.owner, id: 1, node_id: 'O_acme', url: `${world.url}/orgs/${world.cast.owner}` },
    installation: { id: world.installation.id, node_id: `I_${APP.installationId}` },
  }
}

/** Makes the emulator's payload what GitHub sends; returns the event's name. */
function mend(event: string, payload: Payload): string {
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

function remember(world: World, event: string, payload: Payload): void {
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
    world.pulls.set(`${fullName}#${payload.pull_request.number}`, payload.pull_request)
}
