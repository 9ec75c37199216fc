import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer'
import 'bpmn-js/dist/assets/bpmn-js.css'
import 'bpmn-js/dist/assets/diagram-js.css'
import './diagram.css'
import type { InstancePath } from '../../lib/api'
import type { LanguageCode } from '../../lib/language.svelte'

type Box = { x: number; y: number; width: number; height: number }
type Canvas = {
  addMarker(id: string, marker: string): void
  zoom(level: number | 'fit-viewport', center?: 'auto'): number
  viewbox(): { outer: { width: number; height: number }; inner: Box }
  viewbox(box: Box): void
}
type Registry = { get(id: string): Box | undefined }

const DIAGRAM = 'http://www.omg.org/spec/BPMN/20100524/DI'
const COLOURS = 'http://bpmn.io/schema/bpmn/biocolor/1.0'
/** Below this scale nobody reads a task's name: such a diagram opens at the current step instead of as a thumbnail. */
const LEGIBLE = 0.55
const MARGIN = 24
const LABEL_CHARACTER_PX = 6.4
const CAMUNDA = 'http://camunda.org/schema/1.0/bpmn'

function parse(xml: string, language: LanguageCode): Document {
  const document = new DOMParser().parseFromString(xml, 'application/xml')
  if (language === 'en') useEnglishNames(document)
  return document
}

/** Puts English names (camunda:property "name.en") in place of the Chinese ones; an element without one keeps its name. */
function useEnglishNames(document: Document): void {
  for (const property of document.getElementsByTagNameNS(CAMUNDA, 'property')) {
    const element = property.closest('*|extensionElements')?.parentElement
    const english = property.getAttribute('value')
    if (property.getAttribute('name') !== 'name.en' || !english || !element) continue
    element.setAttribute('name', english)
    const id = CSS.escape(element.id)
    document.querySelector(`[processRef="${id}"]`)?.setAttribute('name', english)
    widenLabel(document.querySelector(`[bpmnElement="${id}"] > BPMNLabel > Bounds`), english)
  }
}

/** Labels are drawn as wide as their Chinese names; English needs its longest word, or half the name, on one line. */
function widenLabel(bounds: Element | null, name: string): void {
  if (!bounds) return
  const characters = Math.max(...name.split(' ').map((word) => word.length), Math.ceil(name.length / 2))
  const width = Number(bounds.getAttribute('width'))
  const wider = Math.max(width, characters * LABEL_CHARACTER_PX + 6)
  bounds.setAttribute('x', String(Number(bounds.getAttribute('x')) - (wider - width) / 2))
  bounds.setAttribute('width', String(wider))
}

/** Colours the flows in the diagram itself: arrow heads are drawn from it, and no style sheet reaches them. */
function colourFlows(document: Document, flows: string[]): void {
  for (const edge of document.getElementsByTagNameNS(DIAGRAM, 'BPMNEdge')) {
    if (!flows.includes(edge.getAttribute('bpmnElement') ?? '')) continue
    edge.setAttributeNS(COLOURS, 'bioc:stroke', 'var(--path)')
  }
}

/** The names of elements in the reader's language, by id. */
export function elementNames(xml: string, language: LanguageCode): Map<string, string> {
  const document = parse(xml, language)
  const named = [...document.querySelectorAll('[id][name]')]
  return new Map(named.map((element) => [element.getAttribute('id')!, element.getAttribute('name')!]))
}

/** A diagram on the page with the path one instance has taken. */
export class PathDiagram {
  private constructor(
    readonly viewer: NavigatedViewer,
    readonly canvas: Canvas,
  ) {}

  static async draw(container: HTMLElement, path: InstancePath, language: LanguageCode): Promise<PathDiagram> {
    const viewer = new NavigatedViewer({
      container,
      bpmnRenderer: {
        defaultFillColor: 'var(--diagram-ground)',
        defaultStrokeColor: 'var(--diagram-stroke)',
        defaultLabelColor: 'var(--diagram-label)',
      },
    })
    const document = parse(path.xml, language)
    colourFlows(document, path.flows)
    await viewer.importXML(new XMLSerializer().serializeToString(document))
    const diagram = new PathDiagram(viewer, viewer.get<Canvas>('canvas'))
    diagram.#mark(path)
    const step = path.current[0] ?? path.ended
    if (diagram.fit() < LEGIBLE && step) diagram.centre(step, LEGIBLE + 0.2)
    return diagram
  }

  /** The whole diagram, never larger than drawn. Returns the scale. */
  fit(): number {
    const level = this.canvas.zoom('fit-viewport', 'auto')
    return level > 1 ? this.canvas.zoom(1, 'auto') : level
  }

  /** Puts an element in the middle, or as near to it as the edges of the diagram allow, at a size that can be read. */
  centre(id: string, scale: number): void {
    const element = this.#registry.get(id)
    if (element?.width === undefined) return
    const { outer, inner } = this.canvas.viewbox()
    const [width, height] = [outer.width / scale, outer.height / scale]
    const within = (wanted: number, from: number, length: number, shown: number) =>
      Math.max(from - MARGIN, Math.min(wanted, from + length + MARGIN - shown))
    const x = within(element.x + element.width / 2 - width / 2, inner.x, inner.width, width)
    const y = within(element.y + element.height / 2 - height / 2, inner.y, inner.height, height)
    this.canvas.viewbox({ x, y, width, height })
  }

  zoom(factor: number): void {
    const canvas = this.canvas as unknown as { zoom(level?: number): number }
    canvas.zoom(Math.min(3, Math.max(0.2, canvas.zoom() * factor)))
  }

  destroy(): void {
    this.viewer.destroy()
  }

  get #registry(): Registry {
    return this.viewer.get<Registry>('elementRegistry')
  }

  /** An id that the diagram does not draw (a part of a called process) is passed over. */
  #mark({ flows, completed, current, ended }: InstancePath): void {
    const done = [...completed, ...(ended ? [ended] : [])].filter((id) => !current.includes(id))
    const marks = [
      ...flows.map((id) => [id, 'path-flow'] as const),
      ...done.map((id) => [id, 'path-done'] as const),
      ...current.map((id) => [id, 'path-current'] as const),
    ]
    for (const [id, marker] of marks) {
      if (this.#registry.get(id)) this.canvas.addMarker(id, marker)
      if (this.#registry.get(`${id}_label`)) this.canvas.addMarker(`${id}_label`, `${marker}-label`)
    }
  }
}
