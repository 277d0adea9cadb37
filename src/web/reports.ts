// POST /api/reports: a workflow says that it lives, and how far it is. The run proves itself with GitHub's own token;
// there is no secret to hand out, to leak or to rotate.
import type { Logger } from 'pino'
import { Unavailable } from '../apply/apply-request.ts'
import { LARGEST_REPORT_BYTES, NoReport, readReport, type Said } from './report-body.ts'
import type { Asked } from './site.ts'

/** The workflow run that reports, as its token proves it. */
export type Reporter = { readonly repositoryId: number; readonly runId: number; readonly runAttempt: number }

/** What became of a report: kept, or why it was not. */
export type Verdict = 'kept' | 'no such attempt' | 'another run' | 'not bound yet' | 'over'

/** Takes what a run says of its attempt. Rejects when the database is not there, and nothing is kept then. */
export type Book = (reporter: Reporter, said: Said) => Promise<Verdict>

/** Which run a token proves; nothing else in it is believed. */
export type Prove = (
  token: string,
) => Promise<
  | ({ readonly kind: 'run' } & Reporter)
  | { readonly kind: 'untrusted'; readonly why: string }
  | { readonly kind: 'away' }
>

type Status = 401 | 403 | 409 | 413 | 415 | 422 | 503

const DEADLINE_MS = 8_000
const RETRY_AFTER_SECONDS = 5

/** Answers one report. */
export function createReports(o: {
  prove: Prove
  book: Book
  log: Logger
  deadlineMs?: number
}): (asked: Asked) => Promise<Response> {
  const { prove, book, log, deadlineMs = DEADLINE_MS } = o
  return async (asked) => {
    if (!isJson(asked.req.header('content-type')))
      return refuse(asked, 415, 'The content type must be application/json.')
    const token = /^Bearer +([\w.-]+)$/i.exec(asked.req.header('authorization') ?? '')?.[1]
    if (token === undefined)
      return refuse(
        asked,
        401,
        'Send the workflow’s OIDC token as `authorization: Bearer …`: docs/reports.md says how.',
      )
    const proof = await prove(token)
    if (proof.kind === 'untrusted') return refuse(asked, 401, proof.why)
    if (proof.kind === 'away') return refuse(asked, 503, 'The token cannot be checked just now: send the report again.')
    try {
      const bytes = await readBounded(asked.req.raw, LARGEST_REPORT_BYTES)
      if (bytes === null) return refuse(asked, 413, `A report has at most ${LARGEST_REPORT_BYTES} bytes.`)
      const said = readReport(bytes)
      const verdict = await inTime(book(proof, said), deadlineMs)
      if (verdict === 'kept') return asked.body(null, 204)
      log.info({ attempt: said.attemptKey, run: proof.runId, verdict }, 'a report was refused')
      return refuse(asked, ...ANSWERS[verdict])
    } catch (error) {
      if (error instanceof NoReport) return refuse(asked, 422, error.message)
      if (!(error instanceof Unavailable)) log.error({ err: error }, 'a report could not be kept')
      return refuse(asked, 503, 'The report could not be kept just now: send it again.')
    }
  }
}

const ANSWERS: Readonly<Record<Exclude<Verdict, 'kept'>, readonly [Status, string]>> = {
  'no such attempt': [403, 'This repository has no such attempt.'],
  'another run': [403, 'Another workflow run carries this attempt.'],
  'not bound yet': [503, 'GitHub has not told us which run carries this attempt yet: send the report again.'],
  over: [409, 'This attempt is over: nothing more is taken from it.'],
}

function refuse(asked: Asked, status: Status, sentence: string): Response {
  if (status === 401) asked.header('www-authenticate', 'Bearer')
  if (status === 503) asked.header('retry-after', String(RETRY_AFTER_SECONDS))
  return asked.json({ error: sentence }, status)
}

function isJson(contentType: string | undefined): boolean {
  return contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json'
}

/** The body, or null when it is larger; no more of it than that is held. */
async function readBounded({ headers, body }: Request, most: number): Promise<Uint8Array | null> {
  if (Number(headers.get('content-length') ?? 0) > most) return null
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body ?? []) {
      size += chunk.length
      if (size > most) return null
      chunks.push(chunk)
    }
  } catch {
    throw new NoReport('The body ended early.')
  }
  return Buffer.concat(chunks)
}

function inTime<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const late = setTimeout(() => reject(new Unavailable(`no answer within ${deadlineMs} ms`)), deadlineMs)
  work.then(resolve, reject).finally(() => clearTimeout(late))
  return promise
}
