"""The seam to SpiffWorkflow 3.2.0: the only package that imports it, and where it is corrected.

`parser.parse` turns a file into definitions, `instance.Instance` runs one. What is used of the library is its life
cycle of tasks and task specs, its workflows and sub-workflows, its event manager and event definitions; each is
subclassed, nothing of it is patched. What is done otherwise, and where:

    prediction of future tasks        left out; successors exist when their predecessor is complete   specs/node.py
    tree of everything that ever ran  tokens stand where they are contained, finished ones are gone   token.py
    tree scans                        a queue of what can go on; interruptions happen at once         scheduler.py
    parser                            a reader, checks and a builder of our own                       reader.py …
    end joins                         a scope is over when no token in it has anything to do          workflow.py
    joins                             count tokens per incoming flow, merge no data                   specs/joins.py
    boundary events                   wait inside the token they guard, re-arm, die with it           specs/events.py
    event sub-processes               a listener per start event, of every kind                       specs/event_sub_…
    errors, escalations, cancel       caught from the innermost scope outwards                        specs/catching.py
    conditional events                on the edge from false to true, after every step                scheduler.py
    event-based gateways              deferred choice, a due date per timer                           specs/gateways.py
    starts that need several events   begin with any of them, wait for the rest                       builder.py
    several triggers at one event     each waits by itself and keeps its date                         specs/multiple_…
    ad-hoc activities by hand         `instance.start_activity`                                       specs/ad_hoc.py
    stalled instances                 keep their progress and say where they stand                    scheduler.py
    data associations                 copies and computations between variables                       data_reader.py
    cron timers                       Quartz expressions of Camunda                                   cron.py
    compensation                      records in the scope, variables of the time                     specs/undoing.py
    loops                             a scope per instance, outputs in input order                    specs/loops.py
    task data                         variables in scopes of our own                                  scope.py
    timers                            our clock, bounded arithmetic                                   timers.py
    serialiser                        state without the diagram                                       state.py
    script engine                     refuses everything                                              no_scripts.py

`tests/engine/bpmn/test_library_traps.py` records what the library does on its own, so that an upgrade is noticed.
"""
