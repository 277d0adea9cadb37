import { issueControlsOf } from '../render/controls.ts'
import { LIGHT_SYMBOLS } from '../render/labels.ts'
import { plainText } from '../render/sanitize.ts'
import { ACTIVE_LIGHTS } from '../store/holds.ts'
import { buildBoardPageModel } from './board-page-model.ts'
import { pressNonce, pressPathOf } from './controls.ts'
import { boardAddress, findFormOf } from './find-form.ts'
import { buildHealthPageModel } from './health-page.ts'
import { buildIssuePageModel } from './issue-page-model.ts'
import { type Onlooker, viewerKeyOf } from './onlooker.ts'
import { fragmentHtmlOf, type PageModel, versionOf } from './page-model.ts'
import { noSuchPage, parseOwner, queryOf, resolveViewScope } from './params.ts'
import { noticesOf, onlookerOf, type RequestContext, type SiteConfig } from './site.ts'
import { loadBoardPage, loadIssuePage, unknownPlace } from './stream-formats.ts'
import type { ViewScope } from './view-scope.ts'
import type { Views } from './views.ts'

export type Pages = {
  /** The board of all repositories, or of one. */
  board(context: RequestContext): Promise<Response>
  issue(context: RequestContext): Promise<Response>
  /** The repositories of an owner. */
  owner(context: RequestContext): Promise<Response>
  /** What operators are shown of Andon itself. */
  health(context: RequestContext): Promise<Response>
}

type Breadcrumb = { readonly text: string; readonly href?: string }

export function createPages(o: { views: Views; config: SiteConfig }): Pages {
  const { views, config } = o

  function page(p: {
    onlooker: Onlooker
    model: PageModel
    title: string
    breadcrumbs: readonly Breadcrumb[]
    stream: string | null
    isBoard?: boolean
    isWall?: boolean
    /** The form that finds tasks. */
    find?: string
    /** How often a browser without JavaScript loads the page again, and from where. */
    refresh?: { readonly seconds: number; readonly path: string }
    body: string
  }): string {
    const { model, title, breadcrumbs, stream, isBoard = false, isWall = false } = p
    return views.render('layout', {
      page: {
        title,
        breadcrumbs: isWall ? breadcrumbs.map(({ text }) => ({ text })) : breadcrumbs,
        stream,
        isBoard,
        isWall,
        asOf: model.asOf,
        build: config.build,
        notices: noticesOf(config),
        login: p.onlooker.user?.login ?? null,
        hasHealth: p.onlooker.health !== null,
        version: versionOf(model),
        viewer: viewerKeyOf(p.onlooker),
        refresh: p.refresh ?? null,
        stallMs: config.beatEveryMs * MISSED_BEATS_UNTIL_STALLED,
      },
      header: fragmentHtmlOf(model, 'counts'),
      access: fragmentHtmlOf(model, 'access-problems'),
      holds: fragmentHtmlOf(model, 'holds'),
      press: fragmentHtmlOf(model, 'press'),
      problems: fragmentHtmlOf(model, 'configuration-problems'),
      footer: fragmentHtmlOf(model, 'footer'),
      find: p.find ?? '',
      body: p.body,
    })
  }

  /** The forms of a page's controls. They are no fragments: nothing that somebody types is swapped away. */
  function controls(
    { user }: Onlooker,
    { repository, issue }: ViewScope,
    o: { mayPress: boolean; stages: readonly string[]; mayHold?: boolean },
  ): string {
    // Who may not hold everything is shown nothing of it.
    if (user === null || (repository === null && !o.mayPress)) return ''
    const { formToken } = user
    const action = pressPathOf({ repository, issue })
    return views.render('controls', { mayHold: true, ...o, repository, issue, action, formToken, nonce: pressNonce() })
  }

  return {
    async board(context) {
      const onlooker = onlookerOf(context)
      const query = queryOf(context)
      const named = repositoryParam(context) ?? query.get('repository') ?? undefined
      const scope = await resolveViewScope(onlooker, { repository: named }, query)
      const board = await loadBoardPage(onlooker.reader, scope)
      const { repository, filter } = scope
      const { after, ...first } = filter
      // The board has become shorter since: what is left is on the first page.
      if (after !== undefined && board.rows.length === 0)
        return context.redirect(boardAddress({ repository, filter: first }))
      const own = await onlooker.reader.loadOwnPart(scope)
      const model = buildBoardPageModel(views, board, scope, own)
      const isWall = query.has('wall')
      const body = views.render('board', {
        isWall,
        isLaterPage: after !== undefined,
        controls: isWall ? '' : controls(onlooker, scope, { mayPress: own.mayPress, stages: [] }),
        heading: repository === null ? 'Active tasks of all repositories' : `Active tasks of ${repository}`,
        found: fragmentHtmlOf(model, 'found'),
        empty: fragmentHtmlOf(model, 'empty'),
        sections: model.lists.map(({ html }) => html),
        nextPage: fragmentHtmlOf(model, 'next-page'),
      })
      const title = repository === null ? 'Andon' : `${repository} · Andon`
      const breadcrumbs = repository === null ? [{ text: 'all repositories' }] : repositoryBreadcrumbs(repository)
      const find = isWall ? '' : views.render('find', findFormOf(scope))
      const stream = streamQueryOf(context, scope)
      return context.html(page({ onlooker, model, title, breadcrumbs, body, stream, isBoard: true, isWall, find }))
    },
    async owner(context) {
      const onlooker = onlookerOf(context)
      const owner = parseOwner(context.req.param('owner') ?? '')
      const { asOf, repositories } = await onlooker.reader.listRepositories(owner)
      const spelt = repositories[0]?.repository.split('/')[0]
      if (spelt === undefined) throw unknownPlace(owner)
      const heading = `Repositories of ${spelt}`
      const body = views.render('owner', { heading, repositories, columns: REPOSITORY_COLUMNS })
      const model = { asOf, fragments: [], lists: [] }
      return context.html(
        page({ onlooker, model, title: `${spelt} · Andon`, breadcrumbs: [{ text: spelt }], stream: null, body }),
      )
    },
    async issue(context) {
      const onlooker = onlookerOf(context)
      const { reader } = onlooker
      const place = { repository: repositoryParam(context), issue: context.req.param('number') }
      const scope = await resolveViewScope(onlooker, place, queryOf(context))
      const found = await loadIssuePage(reader, scope)
      const own = await reader.loadOwnPart(scope)
      const model = buildIssuePageModel(views, found, own)
      const stages = found.shown.pipeline.line.stages.map(({ name }) => name)
      const { mayHold } = issueControlsOf(found.shown.pipeline)
      const body = views.render('issue', {
        controls: controls(onlooker, scope, { mayPress: own.mayPress, stages, mayHold }),
        summary: fragmentHtmlOf(model, 'summary'),
        stages: model.fragments.filter(({ id }) => id.startsWith('stage-')).map(({ html }) => html),
        time: fragmentHtmlOf(model, 'time'),
        history: fragmentHtmlOf(model, 'history'),
      })
      const breadcrumbs = [...repositoryBreadcrumbs(`${scope.repository}`, true), { text: `#${scope.issue}` }]
      const title = `#${scope.issue} ${plainText(found.shown.pipeline.issue.title ?? '', 80)} · Andon`
      return context.html(page({ onlooker, model, title, breadcrumbs, body, stream: streamQueryOf(context, scope) }))
    },
    async health(context) {
      const onlooker = onlookerOf(context)
      const { health, user } = onlooker
      if (health === null) throw noSuchPage()
      const model = buildHealthPageModel(views, await health.read(), user)
      const body = views.render('health', { sections: model.fragments.map(({ html }) => html) })
      const breadcrumbs = [{ text: 'health' }]
      return context.html(
        page({
          onlooker,
          model,
          title: 'Health · Andon',
          breadcrumbs,
          body,
          stream: 'page=health',
          refresh: { seconds: 15, path: '/health' },
        }),
      )
    },
  }
}

const REPOSITORY_COLUMNS = ACTIVE_LIGHTS.map((light) => ({ light, word: LIGHT_SYMBOLS[light].word }))

/** Its owner, then the repository, each leading to its page. */
function repositoryBreadcrumbs(repository: string, isLinked = false): readonly Breadcrumb[] {
  const [owner = '', name = ''] = repository.split('/')
  return [
    { text: owner, href: `/${owner}` },
    { text: name, ...(isLinked && { href: `/${repository}` }) },
  ]
}

/** A stream that is silent for this many intervals of beats has stalled. */
const MISSED_BEATS_UNTIL_STALLED = 2.2

function repositoryParam(context: RequestContext): string | undefined {
  const owner = context.req.param('owner')
  return owner === undefined ? undefined : `${owner}/${context.req.param('repo')}`
}

/** What the stream is asked for, to carry what the page shows: the page's own query, and its place. */
function streamQueryOf(context: RequestContext, { repository, issue }: ViewScope): string {
  const query = queryOf(context)
  query.delete('wall')
  if (repository !== null) query.set('repository', repository)
  if (issue !== null) query.set('issue', String(issue))
  return query.toString()
}
