import { useEffect, useRef, useState } from 'preact/hooks'
import type { Texts } from '../texts/zh'
import { useCalendar } from './calendar'
import { describedBy, Frame, type FieldProps, type Surroundings } from './field'
import { parseDate, readMoment, splitMoment, wallClock, type MomentText, type Subtype } from './moment_text'

type Props = FieldProps<string | null>
type Parts = {
  props: Props
  surroundings: Surroundings
  subtype: Subtype
  text: MomentText
  enter: (text: MomentText) => void
  settle: () => void
}

/**
 * Date and time. Replaces the field of form-js, which writes dates in the browser's locale instead of the reader's
 * language, counts in the machine's zone instead of Beijing time, and rounds minutes down to a quarter of an hour:
 * a limit of ten minutes does not survive that.
 */
export function momentField(surroundings: Surroundings) {
  const { t, now } = surroundings

  function Moment(props: Props) {
    const { field, value, onChange, onBlur, disabled, readonly, errors, domId } = props
    const subtype = (field.subtype as Subtype) ?? 'datetime'
    const [text, setText] = useState(splitMoment(value, subtype))
    const [fault, setFault] = useState<string | null>(null)

    useEffect(() => {
      // A value from outside (draft, task data) replaces the text, but never the same moment in another spelling.
      if (value && value !== readMoment(text, subtype, now())?.value) setText(splitMoment(value, subtype))
    }, [value, subtype])

    // The value goes on while typing and not on leaving: what it changes on the page would otherwise move the very
    // control that is being clicked.
    const enter = (typed: MomentText) => {
      setText(typed)
      const next = readMoment(typed, subtype, now())?.value ?? null
      if (next) setFault(null)
      if (next !== (value ?? null)) onChange({ value: next })
    }
    const settle = () => {
      const meant = readMoment(text, subtype, now())
      if (meant) setText({ date: meant.date, time: meant.time })
      setFault(faultIn(text, subtype, now(), t))
    }
    const leave = () => {
      settle()
      onBlur()
    }
    const label = labelOf(field)
    const parts = { props: { ...props, onBlur: disabled || readonly ? onBlur : leave }, surroundings, subtype, text, enter, settle }
    return (
      <Frame type="moment" {...{ field, domId, disabled, readonly, label }} errors={fault ? [fault, ...errors] : errors}>
        <div class="moment">
          {subtype !== 'time' && <DateInput {...parts} />}
          {subtype !== 'date' && <TimeInput {...parts} />}
          {!disabled && !readonly && (
            <button type="button" class="moment-now" onClick={() => enter(wallClock(now()))}>
              {subtype === 'date' ? t.fields.today : t.fields.now}
            </button>
          )}
          {subtype === 'datetime' && <span class="moment-zone">{t.fields.zone}</span>}
        </div>
      </Frame>
    )
  }
  Moment.config = { type: 'datetime', keyed: true, group: 'basic-input', emptyValue: null, create: (options = {}) => options }
  return Moment
}

function DateInput({ props, surroundings: { t, language, now }, text, enter, settle }: Parts) {
  const dateInput = useRef<HTMLInputElement>(null)
  const anchor = useRef<HTMLInputElement>(null)
  const calendar = useCalendar({ anchor, dateInput, language, onPick: (date) => enter({ ...text, date }) })
  const open = () => {
    if (!props.disabled && !props.readonly) calendar.open(parseDate(text.date, now()), wallClock(now()).date)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown') {
      event.preventDefault()
      open()
      calendar.focusDay()
    }
    if (event.key === 'Escape' || event.key === 'Tab') calendar.close()
    settleOnEnter(event, settle)
  }
  return (
    <div class="moment-date">
      <input
        {...shared(props)}
        id={props.domId}
        ref={dateInput}
        placeholder={t.fields.dateHint}
        value={text.date}
        onInput={(event) => enter({ ...text, date: event.currentTarget.value })}
        onMouseDown={open}
        onKeyDown={onKeyDown}
      />
      <input ref={anchor} type="text" tabIndex={-1} hidden />
    </div>
  )
}

function TimeInput({ props, surroundings: { t }, subtype, text, enter, settle }: Parts) {
  return (
    <input
      {...shared(props)}
      id={subtype === 'time' ? props.domId : `${props.domId}-time`}
      class="fjs-input moment-time"
      inputMode="numeric"
      placeholder={t.fields.timeHint}
      aria-label={`${labelOf(props.field) ?? ''} ${t.fields.time}`.trim()}
      value={text.time}
      onInput={(event) => enter({ ...text, time: event.currentTarget.value })}
      onKeyDown={(event) => settleOnEnter(event, settle)}
    />
  )
}

function shared({ domId, disabled, readonly, onFocus, onBlur }: Props) {
  const described = { 'aria-describedby': describedBy(domId) }
  return { class: 'fjs-input', type: 'text', autoComplete: 'off', disabled, readOnly: readonly, onFocus, onBlur, ...described }
}

function settleOnEnter(event: KeyboardEvent, settle: () => void): void {
  if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  settle()
}

function labelOf(field: Props['field']): string | undefined {
  return (field.label ?? field.dateLabel ?? field.timeLabel) as string | undefined
}

function faultIn(text: MomentText, subtype: Subtype, now: number, t: Texts): string | null {
  if (subtype !== 'time' && parseDate(text.date, now) === null) return t.fields.dateInvalid
  if (readMoment(text, subtype, now) === null) return t.fields.timeInvalid
  const half = subtype === 'datetime' && (text.date.trim() === '') !== (text.time.trim() === '')
  return half ? t.fields.momentIncomplete : null
}
