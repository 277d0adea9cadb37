// The controls of the pages: forms that work without JavaScript. A press is kept before its answer leaves, which leads back
// to the page; what it means is decided where comments and check runs' buttons are, once GitHub has said what its sender may do.
import { createHash, randomBytes } from 'node:crypto'
import type { Hono } from 'hono'
import type { Door } from '../apply/door.ts'
import { pressGlobalHold } from '../apply/holds.ts'
import {
  type FormFields,
  type FormMistake,
  parseHoldFields,
  parseIssueControl,
  parseRepositoryControl,
} from '../commands/board-command.ts'
import { holdEndsAt } from '../commands/hold-end.ts'
import type { Instant } from '../pipeline/model/time.ts'
import type { Database } from '../store/database.ts'
import { countPressesSince } from '../store/presses.ts'
import { millisecondsAfter } from '../text/milliseconds-after.ts'
import { boardPath } from './find-form.ts'
import { expectOwnForm, limitForm, onlyPost } from './forms.ts'
import { HttpError, TooManyRequests } from './http-errors.ts'
import type { SignedInUser } from './onlooker.ts'
import { resolveViewScope } from './params.ts'
import type { IssuePage } from './reader.ts'
import { type HonoEnv, onlookerOf, type RequestContext, type SiteConfig } from './site.ts'
import { loadIssuePage } from './stream-formats.ts'
import type { ViewScope } from './view-scope.ts'

type Place = Pick<ViewScope, 'repository' | 'issue'>

/** Where the forms of a page are sent. */
export function pressPathOf(place: Place): string {
  return place.repository === null ? '/press' : `${pagePathOf(place)}/press`
}

/** Makes the presses of one page different from those of every other. */
export function pressNonce(): string {
  return randomBytes(16).toString('base64url')
}

export function addControlRoutes(
  app: Hono<HonoEnv>,
  o: { database: Database; door: Door; config: SiteConfig; now: () => Instant },
): void {
  const { database, door, now } = o

  /** The fields of a form from one of this user's own pages. */
  async function readPress(context: RequestContext): Promise<{ form: FormFields; user: SignedInUser }> {
    const onlooker = onlookerOf(context)
    const form = await expectOwnForm(context, onlooker)
    const { user } = onlooker
    if (user === null || !NONCE.test(form.press ?? ''))
      throw new HttpError(400, 'This form is not whole: open the page again.')
    const aMinuteAgo = millisecondsAfter(now(), -60_000)
    if ((await countPressesSince(database, user.id, aMinuteAgo)) >= MOST_A_MINUTE) throw new TooManyRequests(60, 'you')
    return { form, user }
  }

  async function pressCommand(context: RequestContext): Promise<Response> {
    const { form, user } = await readPress(context)
    const onlooker = onlookerOf(context)
    const { reader } = onlooker
    const { owner, repo, number } = context.req.param() as Record<string, string>
    const scope = await resolveViewScope(onlooker, { repository: `${owner}/${repo}`, issue: number })
    const repository = await reader.findRepository(`${scope.repository}`)
    // It was there a moment ago: the page of it says what is true now.
    if (repository === null) return context.redirect(pagePathOf(scope), 303)
    const { command, stage } = expectCommand(
      scope.issue === null
        ? parseRepositoryControl(form)
        : parseIssueControl(form, stagesOf(await loadIssuePage(reader, scope))),
    )
    const id = pressIdOf(user, form, scope, command.text)
    const at = now()
    const origin = { kind: 'board', id, userId: user.id, stage } as const
    const evidence = { kind: 'command', id: `board/${id}`, at } as const
    const { state } = await door.apply({
      event: {
        ...{ type: 'commands.received', at, evidence, repository, origin, commands: [command] },
        ...{ issueNumber: scope.issue, onPullRequest: false, sender: user.login, bot: false },
      },
    })
    if (state === 'failed') throw new Error('a press could not be applied')
    return backTo(context, scope, id)
  }

  async function pressEverything(context: RequestContext): Promise<Response> {
    const { form, user } = await readPress(context)
    if (!user.isOperator) throw new HttpError(403, 'Only operators of this board hold and resume everything.')
    const at = now()
    const { text, reason, until } = parseGlobalHold(form, at)
    const place = { repository: null, issue: null }
    const id = pressIdOf(user, form, place, text)
    const { id: userId, login } = user
    const press = { id, userId, login, repositoryId: null, issueNumber: null, text, at }
    await pressGlobalHold(database, press, { reason, until })
    return backTo(context, place, id)
  }

  function backTo(context: RequestContext, place: Place, id: string): Response {
    return context.redirect(`${o.config.baseUrl}${pagePathOf(place)}?pressed=${id}`, 303)
  }

  app.post('/press', limitForm, pressEverything)
  app.all('/press', onlyPost('the board is at /'))
  for (const path of ['/:owner/:repo/press', '/:owner/:repo/issues/:number/press']) {
    app.post(path, limitForm, pressCommand)
    app.all(path, onlyPost('the board is at /'))
  }
}

const NONCE = /^[\w-]{22}$/
/** More than a person presses; each may cost GitHub a request. */
const MOST_A_MINUTE = 30

function pagePathOf({ repository, issue }: Place): string {
  return issue === null ? boardPath(repository) : `/${repository}/issues/${issue}`
}

/** The same for a form that is sent again, and another for everything else. */
function pressIdOf({ id }: SignedInUser, form: FormFields, place: Place, text: string): string {
  return createHash('sha256')
    .update(JSON.stringify([id, form.press, pagePathOf(place), form.control, text]))
    .digest('base64url')
}

function parseGlobalHold(form: FormFields, at: Instant) {
  if (form.control === 'resume') return { text: '/andon resume everything', reason: null, until: null }
  if (form.control !== 'hold') throw new HttpError(400, 'There is no such control: open the page again.')
  const held = expectCommand(parseHoldFields(form))
  const until = held.end === undefined ? null : holdEndsAt(held.end, at)
  return {
    text: `/andon hold everything ${[form.end, held.reason].filter(Boolean).join(' ')}`,
    reason: held.reason,
    until,
  }
}

function expectCommand<T extends object>(parsed: T | FormMistake): T {
  if ('mistake' in parsed) throw new HttpError(400, parsed.mistake)
  return parsed
}

function stagesOf({ shown }: IssuePage): readonly string[] {
  return shown.pipeline.line.stages.map(({ name }) => name)
}
