import flatpickr from 'flatpickr'
import { Mandarin } from 'flatpickr/dist/l10n/zh.js'
import { useEffect, useRef, useState } from 'preact/hooks'
import { describedBy, Frame, type FieldProps, type Surroundings } from './field'
import { joinMoment, parseDate, parseTime, splitMoment, wallClock, type Subtype } from './moment_text'

/**
 * Date and time. Replaces the field of form-js, which writes dates in the browser's locale instead of the reader's
 * language, counts in the machine's zone instead of Beijing time, and rounds minutes down to a quarter of an hour:
 * a limit of ten minutes does not survive that.
 */
export function momentField({ t, language, now }: Surroundings) {
  function Moment({ field, value, onChange, onBlur, onFocus, disabled, readonly, errors, domId }: FieldProps<string | null>) {
    const subtype = (field.subtype as Subtype) ?? 'datetime'
    const [text, setText] = useState(splitMoment(value, subtype))
    const [fault, setFault] = useState<string | null>(null)
    const dateInput = useRef<HTMLInputElement>(null)
    const picker = useRef<flatpickr.Instance | null>(null)
    const inactive = disabled || readonly

    useEffect(() => {
      // A value from outside (draft, task data) replaces the text; our own half-typed text has no value yet.
      if (value !== null && value !== undefined) setText(splitMoment(value, subtype))
    }, [value, subtype])

    const commit = (next: { date: string; time: string }) => {
      const date = subtype === 'time' ? '' : parseDate(next.date, now())
      const time = subtype === 'date' ? '' : parseTime(next.time)
      setText({ date: date ?? next.date, time: time ?? next.time })
      const half = subtype === 'datetime' && (next.date === '') !== (next.time === '')
      setFault(date === null ? t.fields.dateInvalid : time === null ? t.fields.timeInvalid : half ? t.fields.momentIncomplete : null)
      const joined = date === null || time === null ? null : joinMoment(date, time, subtype)
      if (joined !== (value ?? null)) onChange({ value: joined })
    }
    const latest = useRef(commit)
    latest.current = commit
    const textNow = useRef(text)
    textNow.current = text

    useEffect(() => {
      if (!dateInput.current || subtype === 'time') return
      const instance = flatpickr(dateInput.current, {
        allowInput: true,
        clickOpens: false,
        dateFormat: 'Y-m-d',
        disableMobile: true,
        static: true,
        errorHandler: () => undefined,
        locale: { ...(language === 'zh' ? Mandarin : {}), firstDayOfWeek: 1 },
        // flatpickr also reports what it reads from typed text; only a day chosen in its calendar counts here.
        onChange: (_dates, date, self) => self.isOpen && latest.current({ ...textNow.current, date }),
      })
      picker.current = instance
      return () => {
        instance.destroy()
        picker.current = null
      }
    }, [subtype])

    const openCalendar = () => {
      if (inactive || !picker.current) return
      const typed = parseDate(textNow.current.date, now())
      if (typed) picker.current.setDate(typed, false)
      else picker.current.jumpToDate(wallClock(now()).date)
      picker.current.open()
    }
    const onDateKey = (event: KeyboardEvent) => {
      if (event.key === 'ArrowDown') openCalendar()
      if (event.key === 'Escape' || event.key === 'Tab') picker.current?.close()
      if (event.key === 'Enter') latest.current(textNow.current)
      if (event.key === 'ArrowDown' || event.key === 'Enter') event.preventDefault()
    }
    const leave = () => {
      if (inactive) return
      commit(textNow.current)
      onBlur()
    }
    const shared = { class: 'fjs-input', disabled, readOnly: readonly, autoComplete: 'off', onFocus, onBlur: leave }
    const label = (field.label ?? field.dateLabel ?? field.timeLabel) as string | undefined
    return (
      <Frame type="moment" {...{ field, domId, disabled, readonly, label }} errors={fault ? [fault, ...errors] : errors}>
        <div class="moment">
          {subtype !== 'time' && (
            <div class="moment-date">
              <input
                {...shared}
                id={domId}
                ref={dateInput}
                type="text"
                placeholder={t.fields.dateHint}
                aria-describedby={describedBy(domId)}
                value={text.date}
                onInput={(event) => setText({ ...text, date: event.currentTarget.value })}
                onMouseDown={openCalendar}
                onKeyDown={onDateKey}
              />
            </div>
          )}
          {subtype !== 'date' && (
            <input
              {...shared}
              id={subtype === 'time' ? domId : `${domId}-time`}
              class="fjs-input moment-time"
              type="text"
              inputMode="numeric"
              placeholder={t.fields.timeHint}
              aria-label={`${label ?? ''} ${t.fields.time}`.trim()}
              aria-describedby={describedBy(domId)}
              value={text.time}
              onInput={(event) => setText({ ...text, time: event.currentTarget.value })}
              onKeyDown={(event) => event.key === 'Enter' && (event.preventDefault(), commit(text))}
            />
          )}
          {!inactive && (
            <button type="button" class="moment-now" onClick={() => commit(wallClock(now()))}>
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
