// What a workflow may say of itself: little, and checked before anything else looks at it.
import { z } from 'zod'
import { plainText } from '../render/sanitize.ts'

/** The most bytes a report may have. */
export const MAX_REPORT_BYTES = 8 * 1024
/** The most characters of its text. */
export const MAX_REPORT_TEXT_LENGTH = 500
const MAX_URL_LENGTH = 2_000

/** What was said; null is not said, and what was said before stands. */
export type ReportBody = {
  readonly issueNumber: number
  readonly attemptKey: string
  /** Percent, whole. */
  readonly progress: number | null
  readonly text: string | null
  readonly url: string | null
}

/** A body that is no report: one sentence that names the field. */
export class InvalidReport extends Error {
  override readonly name = 'InvalidReport'
}

const ATTEMPT_KEY = /^[1-9]\d{0,8}\/[a-z][a-z0-9_-]*\/[1-9]\d{0,8}-[a-z0-9]+$/

const reportSchema = z.strictObject({
  andon: z
    .string()
    .max(100)
    .regex(ATTEMPT_KEY, 'is no attempt key: pass on the input `andon` that the workflow was started with'),
  // Rounded down, so that only what is finished is shown as 100.
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
  // Shown as a link: nothing but a web address may be behind it.
  url: z
    .string('must be an http(s) URL')
    .max(MAX_URL_LENGTH, `is longer than ${MAX_URL_LENGTH} characters`)
    .regex(/^https?:\/\/[^\s<>"'`\\]+$/, 'must be an http(s) URL')
    .refine((url) => URL.canParse(url) && isWellFormed(url), 'must be an http(s) URL')
    .nullish(),
})

/** Reads the bytes of a report; throws InvalidReport. */
export function parseReport(bytes: Uint8Array): ReportBody {
  const result = reportSchema.safeParse(parseJson(bytes))
  if (!result.success) throw new InvalidReport(validationMessageOf(result.error))
  const { andon, progress, text, url } = result.data
  return {
    issueNumber: Number(andon.slice(0, andon.indexOf('/'))),
    attemptKey: andon,
    progress: progress ?? null,
    text: text ?? null,
    url: url ?? null,
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new InvalidReport('The body is not JSON in UTF-8.')
  }
}

// Names of fields that were made up are not repeated: nothing a stranger wrote is sent back.
function validationMessageOf(error: z.ZodError): string {
  const [issue] = error.issues
  if (issue === undefined || issue.code === 'unrecognized_keys')
    return 'A report has the fields andon, progress, text and url, and no other.'
  if (issue.path.length === 0) return 'A report is a JSON object.'
  return `\`${issue.path.join('.')}\` ${issue.code === 'invalid_type' ? 'is missing or of the wrong kind' : issue.message}.`
}

// Half a surrogate pair is no character, and no database keeps it.
function isWellFormed(url: string): boolean {
  return url.isWellFormed() && !/\p{Cc}/u.test(url)
}
