// POST /api/reports: a workflow run reports that it is alive, and how far it is. It authenticates with GitHub's own OIDC
// token, so there is no secret to hand out, to leak or to rotate.
import type { Logger } from 'pino'
import { Unavailable } from '../apply/apply-request.ts'
import { isJsonContentType } from '../text/content-type.ts'
import { InvalidReport, MAX_REPORT_BYTES, parseReport, type ReportBody } from './report-body.ts'
import type { RequestContext } from './site.ts'

/** The workflow run that reports, as proven by its token. */
export type ReportingRun = { readonly repositoryId: number; readonly runId: number; readonly runAttempt: number }

/** What became of a report: saved, or why it was not. */
export type ReportOutcome = 'saved' | 'no such attempt' | 'another run' | 'not bound yet' | 'attempt closed'

/** Stores a run's report on its attempt. If the database is unavailable, it rejects and stores nothing. */
export type ReportStore = (reporter: ReportingRun, report: ReportBody) => Promise<ReportOutcome>

/** The run that a token proves; nothing else in it is trusted. */
export type ReportTokenVerifier = (
  token: string,
) => Promise<
  | ({ readonly kind: 'run' } & ReportingRun)
  | { readonly kind: 'untrusted'; readonly why: string }
  | { readonly kind: 'unavailable' }
>

type ErrorStatus = 401 | 403 | 409 | 413 | 415 | 422 | 503

const SAVE_TIMEOUT_MS = 8_000
const RETRY_AFTER_SECONDS = 5

/** Answers one report. */
export function createReportEndpoint(o: {
  verify: ReportTokenVerifier
  store: ReportStore
  log: Logger
  deadlineMs?: number
}): (context: RequestContext) => Promise<Response> {
  const { verify, store, log, deadlineMs = SAVE_TIMEOUT_MS } = o
  return async (context) => {
    if (!isJsonContentType(context.req.header('content-type')))
      return respondError(context, 415, 'The content type must be application/json.')
    const token = /^Bearer +([\w.-]+)$/i.exec(context.req.header('authorization') ?? '')?.[1]
    if (token === undefined)
      return respondError(
        context,
        401,
        'Send the workflow’s OIDC token as `authorization: Bearer …`: docs/reference/reports.md says how.',
      )
    const proof = await verify(token)
    if (proof.kind === 'untrusted') return respondError(context, 401, proof.why)
    if (proof.kind === 'unavailable')
      return respondError(context, 503, 'The token cannot be checked just now: send the report again.')
    try {
      const bytes = await readBodyUpTo(context.req.raw, MAX_REPORT_BYTES)
      if (bytes === null) return respondError(context, 413, `A report has at most ${MAX_REPORT_BYTES} bytes.`)
      const report = parseReport(bytes)
      const outcome = await withSaveTimeout(store(proof, report), deadlineMs)
      if (outcome === 'saved') return context.body(null, 204)
      log.info({ attempt: report.attemptKey, run: proof.runId, outcome }, 'a report was refused')
      return respondError(context, ...ERROR_RESPONSES[outcome])
    } catch (error) {
      if (error instanceof InvalidReport) return respondError(context, 422, error.message)
      if (!(error instanceof Unavailable)) log.error({ err: error }, 'a report could not be stored')
      return respondError(context, 503, 'The report could not be stored just now: send it again.')
    }
  }
}

const ERROR_RESPONSES: Readonly<Record<Exclude<ReportOutcome, 'saved'>, readonly [ErrorStatus, string]>> = {
  'no such attempt': [403, 'This repository has no such attempt.'],
  'another run': [403, 'This attempt belongs to another workflow run.'],
  'not bound yet': [503, 'GitHub has not told us yet which run belongs to this attempt: send the report again.'],
  'attempt closed': [409, 'This attempt is over: it takes no more reports.'],
}

function respondError(context: RequestContext, status: ErrorStatus, message: string): Response {
  if (status === 401) context.header('www-authenticate', 'Bearer')
  if (status === 503) context.header('retry-after', String(RETRY_AFTER_SECONDS))
  return context.json({ error: message }, status)
}

/** The body, or null if it is too large; the rest of a larger body is not read. */
async function readBodyUpTo({ headers, body }: Request, maxBytes: number): Promise<Uint8Array | null> {
  if (Number(headers.get('content-length') ?? 0) > maxBytes) return null
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of body ?? []) {
      size += chunk.length
      if (size > maxBytes) return null
      chunks.push(chunk)
    }
  } catch {
    throw new InvalidReport('The body ended early.')
  }
  return Buffer.concat(chunks)
}

function withSaveTimeout<T>(work: Promise<T>, deadlineMs: number): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const timer = setTimeout(() => reject(new Unavailable(`no answer within ${deadlineMs} ms`)), deadlineMs)
  work.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}
