// What people who look away ask to be told of: a task starts, fails, moves into review or is done, or a person is needed.
// Like effects, it is what is so now and was not before.
import type { Pipeline } from '../model/pipeline.ts'
import type { Instant } from '../model/time.ts'
import { headlineOf } from './light.ts'
import { needOf, upcomingNeed } from './need.ts'

const LIGHT_OF = { started: 'running', finished: 'done', failed: 'failed', review: 'review' } as const

export type Happening = keyof typeof LIGHT_OF

/** What one message tells of, and the need that there is at the same time. */
export type NewsMessage = { readonly kind: Happening | 'needs-you'; readonly need: string | null }

/** What has happened, and from when on a person will be needed if nothing changes; null for nothing new. */
export type News = { readonly happened: Happening | null; readonly needAt: Instant | null }

export function newsOf(before: Pipeline | null, after: Pipeline): News | null {
  const happened = happeningOf(before, after)
  const need = upcomingNeed(after)
  const needAt = need === null || need.id === (before && upcomingNeed(before)?.id) ? null : need.at
  return happened === null && needAt === null ? null : { happened, needAt }
}

/** What is worth a message now, and when to look again; `announcedNeed` is that of the last message. */
export function newsAt(
  pipeline: Pipeline,
  waiting: { readonly happened: Happening | null; readonly announcedNeed: string | null },
  now: Instant,
): {
  readonly message: NewsMessage | null
  readonly nextAt: Instant | null
} {
  const happened = waiting.happened !== null && isStillSo(pipeline, waiting.happened) ? waiting.happened : null
  const upcoming = upcomingNeed(pipeline)
  const isDue = upcoming !== null && upcoming.at <= now && upcoming.id !== waiting.announcedNeed
  const need = isDue ? upcoming.id : null
  const nextAt = upcoming !== null && upcoming.at > now ? upcoming.at : null
  if (happened !== null) return { message: { kind: happened, need }, nextAt }
  return { message: need === null ? null : { kind: 'needs-you', need }, nextAt }
}

/** What a message that has waited tells of now; null when it is over. */
export function newsStill(pipeline: Pipeline, { kind, need }: NewsMessage, now: Instant): NewsMessage['kind'] | null {
  if (kind !== 'needs-you' && isStillSo(pipeline, kind)) return kind
  return need !== null && needOf(pipeline, now)?.id === need ? 'needs-you' : null
}

function isStillSo(pipeline: Pipeline, happened: Happening): boolean {
  return headlineOf(pipeline).light === LIGHT_OF[happened]
}

function happeningOf(before: Pipeline | null, after: Pipeline): Happening | null {
  const { light } = headlineOf(after)
  if (before !== null && headlineOf(before).light === light) return null
  switch (light) {
    case 'failed':
    case 'review':
      return light
    // A task that was over when it was first seen has not just ended.
    case 'done':
      return before === null ? null : 'finished'
    // A retry, another attempt or the next stage starts nothing new.
    case 'running':
      return before !== null && hasRun(before) ? null : 'started'
    case 'queued':
    case 'idle':
      return null
  }
}

function hasRun({ stages }: Pipeline): boolean {
  return stages.some(({ status, attempts }) => {
    const isPast = status === 'running' || status === 'review' || status === 'done' || status === 'failed'
    return isPast || attempts.some(({ run }) => run?.status === 'in_progress' || run?.status === 'completed')
  })
}
