import { plain } from '../render/sanitize.ts'
import { boardSheet, issueSheet, pieceOf, type Sheet } from './page-model.ts'
import { askedPlace } from './params.ts'
import type { Reader } from './reader.ts'
import { type Asked, noticesOf, type SiteConfig } from './site.ts'
import { type Place, readBoard, readIssue } from './stream-formats.ts'
import type { Views } from './views.ts'

export type Pages = {
  /** Every repository's board, or one's. */
  board(asked: Asked): Promise<Response>
  issue(asked: Asked): Promise<Response>
}

type Step = { readonly text: string; readonly href?: string }

export function createPages(o: { reader: Reader; views: Views; config: SiteConfig }): Pages {
  const { reader, views, config } = o

  function page(p: {
    sheet: Sheet
    title: string
    path: readonly Step[]
    stream: string | null
    body: string
  }): string {
    const { sheet, title, path, stream } = p
    return views.draw('layout', {
      page: {
        title,
        path,
        stream,
        asOf: sheet.asOf,
        build: config.build,
        notices: noticesOf(config),
        stallSeconds: (config.pingEveryMs * PINGS_MISSED) / 1000,
      },
      header: pieceOf(sheet, 'counts'),
      holds: pieceOf(sheet, 'holds'),
      mistakes: pieceOf(sheet, 'mistakes'),
      footer: pieceOf(sheet, 'quiet'),
      body: p.body,
    })
  }

  return {
    async board(asked) {
      const place = await askedPlace(reader, { repository: namedIn(asked) })
      const after = asked.req.query('after')
      const board = await readBoard(reader, place, after === undefined ? {} : { after })
      const { repository } = place
      // The line has grown shorter since: what is left stands on the first page.
      if (after !== undefined && board.rows.length === 0) return asked.redirect(asked.req.path)
      const sheet = boardSheet(views, board, repository)
      const body = views.draw('board', {
        heading: repository === null ? 'Active tasks of all repositories' : `Active tasks of ${repository}`,
        empty: pieceOf(sheet, 'empty'),
        sections: sheet.lists.map(({ html }) => html),
        more: pieceOf(sheet, 'more'),
      })
      const title = repository === null ? 'Andon' : `${repository} · Andon`
      const path = [{ text: repository ?? 'all repositories' }]
      // A later page of a long board is a still picture: the stream tells the first.
      return asked.html(page({ sheet, title, path, body, stream: after === undefined ? streamOf(place) : null }))
    },
    async issue(asked) {
      const place = await askedPlace(reader, { repository: namedIn(asked), issue: asked.req.param('number') })
      const found = await readIssue(reader, place)
      const sheet = issueSheet(views, found)
      const body = views.draw('issue', {
        summary: pieceOf(sheet, 'summary'),
        stages: sheet.pieces.filter(({ id }) => id.startsWith('stage-')).map(({ html }) => html),
        history: pieceOf(sheet, 'history'),
      })
      const path = [{ text: `${place.repository}`, href: `/${place.repository}` }, { text: `#${place.issue}` }]
      const title = `#${place.issue} ${plain(found.shown.pipeline.issue.title ?? '', 80)} · Andon`
      return asked.html(page({ sheet, title, path, body, stream: streamOf(place) }))
    },
  }
}

/** A stream that has not said anything for so many pings has stalled. */
const PINGS_MISSED = 2.4

function namedIn(asked: Asked): string | undefined {
  const owner = asked.req.param('owner')
  return owner === undefined ? undefined : `${owner}/${asked.req.param('repo')}`
}

function streamOf({ repository, issue }: Place): string {
  if (repository === null) return '/events'
  return `/events?repository=${encodeURIComponent(repository)}${issue === null ? '' : `&issue=${issue}`}`
}
