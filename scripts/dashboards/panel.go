package main

import (
	"maps"
	"slices"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// kind is how a panel shows what it asks for.
type kind int

const (
	graph    kind = iota // lines over time
	figure               // how it is now, a value for each series
	dial                 // how it is now, between two ends
	list                 // how it is now, a line for each series
	timeline             // states over time
	lines                // log lines
)

// series is what a panel asks for: an expression, and how its answers are called.
type series struct{ expr, name string }

// panel is what all kinds have in common.
type panel struct {
	kind  kind
	title string
	// about says what is normal and what to do when it is not, in one sentence.
	about string
	unit  string
	// nothing is shown where no series answers.
	nothing       string
	width, height uint32
	series        []series
	// logs makes its expressions LogQL.
	logs   bool
	limits []dashboard.Threshold
	states map[string]state
	ends   *[2]float64
	digits *float64
	stack  bool
	// A list's: the columns in their order, and the one it is sorted by, largest first.
	columns []column
	sorted  string
	// leads names the dashboard that says more.
	leads string
}

// state is what a value means.
type state struct{ text, color string }

// column is a field of a list: from is a label, or Value, or "Value #B" for the second expression.
type column struct{ from, title, unit string }

func draw(title, unit, about string, asked ...series) panel {
	return panel{kind: graph, title: title, unit: unit, about: about, width: 8, height: 8, series: asked, nothing: "No data"}
}

func tell(title, unit, about string, asked ...series) panel {
	return panel{kind: figure, title: title, unit: unit, about: about, width: 4, height: 5, series: asked, nothing: "No data"}
}

func gaugeOf(title, unit, about string, low, high float64, asked ...series) panel {
	return panel{kind: dial, title: title, unit: unit, about: about, width: 4, height: 5, series: asked, nothing: "No data", ends: &[2]float64{low, high}}
}

func listOf(title, unit, about string, columns []column, asked ...series) panel {
	return panel{kind: list, title: title, unit: unit, about: about, width: 24, height: 9, series: asked, nothing: "No data", columns: columns}
}

func timelineOf(title, about string, states map[string]state, asked ...series) panel {
	return panel{kind: timeline, title: title, unit: units.NoUnit, about: about, width: 24, height: 8, series: asked, nothing: "No data", states: states}
}

func logLines(title, about, expr string) panel {
	return panel{kind: lines, title: title, unit: units.NoUnit, about: about, width: 24, height: 9, series: []series{{expr, ""}}, logs: true, nothing: "No lines"}
}

func (p panel) sized(width, height uint32) panel { p.width, p.height = width, height; return p }
func (p panel) stacked() panel                   { p.stack = true; return p }
func (p panel) rounded(digits float64) panel     { p.digits = &digits; return p }
func (p panel) fromLogs() panel                  { p.logs = true; return p }
func (p panel) sortedBy(title string) panel      { p.sorted = title; return p }
func (p panel) saying(nothing string) panel      { p.nothing = nothing; return p }
func (p panel) more(name string) panel           { p.leads = name; return p }

func (p panel) meaning(states map[string]state) panel { p.states = states; return p }

// above marks values from warn on, and from alarm on.
func (p panel) above(warn, alarm float64) panel {
	p.limits = []dashboard.Threshold{{Color: good}, {Value: &warn, Color: worse}, {Value: &alarm, Color: bad}}
	return p
}

// alarming marks values from alarm on.
func (p panel) alarming(alarm float64) panel {
	p.limits = []dashboard.Threshold{{Color: good}, {Value: &alarm, Color: bad}}
	return p
}

// warning marks values from warn on.
func (p panel) warning(warn float64) panel {
	p.limits = []dashboard.Threshold{{Color: good}, {Value: &warn, Color: worse}}
	return p
}

// below marks values under alarm, and under warn.
func (p panel) below(warn, alarm float64) panel {
	p.limits = []dashboard.Threshold{{Color: bad}, {Value: &alarm, Color: worse}, {Value: &warn, Color: good}}
	return p
}

const (
	good  = "green"
	worse = "orange"
	bad   = "red"
	// plain is a value's color where nothing says whether it is good. Without it Grafana would make 80 red.
	plain = "blue"
)

// answers is the meaning of series like up.
var answers = map[string]state{"0": {"does not answer", bad}, "1": {"answers", good}}

// thresholds are never left out: see plain.
func (p panel) thresholds() *dashboard.ThresholdsConfigBuilder {
	steps := p.limits
	if len(steps) == 0 {
		steps = []dashboard.Threshold{{Color: plain}}
	}
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(steps)
}

func (p panel) mappings() []dashboard.ValueMapping {
	if len(p.states) == 0 {
		return nil
	}
	values := map[string]dashboard.ValueMappingResult{}
	for i, value := range slices.Sorted(maps.Keys(p.states)) {
		s, index := p.states[value], int32(i)
		values[value] = dashboard.ValueMappingResult{Text: &s.text, Color: &s.color, Index: &index}
	}
	return []dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{Type: dashboard.MappingTypeValueToText, Options: values}}}
}
