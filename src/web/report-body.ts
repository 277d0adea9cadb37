// The body of a workflow's report: small, and validated before anything else looks at it.
import { z } from 'zod'
import type { Instant } from '../pipeline/model/time.ts'
import { plainText } from '../render/sanitize.ts'

export const MAX_REPORT_BYTES = 8 * 1024
/** In code points. */
const MAX_REPORT_TEXT_LENGTH = 500
const MAX_URL_LENGTH = 2_000

/** What was reported. Null means not reported: the previous value stays. */
export type ReportBody = {
  readonly issueNumber: number
  readonly attemptKey: string
  /** A whole percentage. */
  readonly progress: number | null
  readonly text: string | null
  readonly url: string | null
  /** Until when the agent cannot work, because its provider limits it. */
  readonly limitedUntil: Instant | null
}

/** The body is not a valid report. The message is one sentence that names the field. */
export class InvalidReport extends Error {
  override readonly name = 'InvalidReport'
}

const ATTEMPT_KEY = /^[1-9]\d{0,8}\/[a-z][a-z0-9_-]*\/[1-9]\d{0,8}-[a-z0-9]+$/

const LIMITED_UNTIL = 'must be a time such as 2026-11-28T18:00:00Z'

/** The body as JSON Schema too: src/web/openapi.ts. */
export const reportSchema = z.strictObject({
  andon: z.string().max(100).regex(ATTEMPT_KEY, 'is not an attempt key: pass on the workflow’s input `andon`'),
  // Rounded down, so that only finished work is shown as 100.
  progress: z
    .number('must be a number from 0 to 100')
    .min(0, 'must be a number from 0 to 100')
    .max(100, 'must be a number from 0 to 100')
    .transform(Math.floor)
    .nullish(),
  text: z
    .string('must be text')
    .refine(
      (text) => Array.from(text).length <= MAX_REPORT_TEXT_LENGTH,
      `is longer than ${MAX_REPORT_TEXT_LENGTH} characters`,
    )
    .transform((text) => plainText(text, MAX_REPORT_TEXT_LENGTH) || null)
    .nullish(),
  // Shown as a link, so it must be a web address.
  url: z
    .string('must be an http(s) URL')
    .max(MAX_URL_LENGTH, `is longer than ${MAX_URL_LENGTH} characters`)
    .regex(/^https?:\/\/[^\s<>"'`\\]+$/, 'must be an http(s) URL')
    .refine((url) => URL.canParse(url) && isWellFormed(url), 'must be an http(s) URL')
    .nullish(),
  limitedUntil: z.iso
    .datetime({ offset: true, error: LIMITED_UNTIL })
    .transform((time) => new Date(time).toISOString())
    .nullish(),
})

/** Parses the bytes of a report; throws InvalidReport. */
export function parseReport(bytes: Uint8Array): ReportBody {
  const result = reportSchema.safeParse(parseJson(bytes))
  if (!result.success) throw new InvalidReport(validationMessageOf(result.error))
  const { andon, progress, text, url, limitedUntil } = result.data
  return {
    issueNumber: Number(andon.slice(0, andon.indexOf('/'))),
    attemptKey: andon,
    progress: progress ?? null,
    text: text ?? null,
    url: url ?? null,
    limitedUntil: limitedUntil ?? null,
  }
}

/** Throws InvalidReport if the agent claims to be limited in the past, or for longer than a day. */
export function checkLimitedUntil({ limitedUntil }: Pick<ReportBody, 'limitedUntil'>, now: Instant): void {
  if (limitedUntil === null) return
  if (limitedUntil <= now) throw new InvalidReport('`limitedUntil` is over already.')
  if (Date.parse(limitedUntil) > Date.parse(now) + MAX_LIMIT_MS)
    throw new InvalidReport('`limitedUntil` is more than 24 hours ahead.')
}

const MAX_LIMIT_MS = 24 * 60 * 60 * 1000

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new InvalidReport('The body is not JSON in UTF-8.')
  }
}

// The names of unknown fields are not repeated: nothing that a sender made up is sent back.
function validationMessageOf(error: z.ZodError): string {
  const [issue] = error.issues
  if (issue === undefined || issue.code === 'unrecognized_keys')
    return 'A report has the fields andon, progress, text, url and limitedUntil, and no other.'
  if (issue.path.length === 0) return 'A report is a JSON object.'
  return `\`${issue.path.join('.')}\` ${issue.code === 'invalid_type' ? 'is missing or has the wrong type' : issue.message}.`
}

// A lone surrogate is not a character, and no database stores it.
function isWellFormed(url: string): boolean {
  return url.isWellFormed() && !/\p{Cc}/u.test(url)
}
