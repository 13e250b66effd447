// Command cel-go-peer evaluates CEL expressions with google/cel-go: one JSON document a line in, one a line out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sort"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/ext"
)

func main() {
	env, err := cel.NewEnv(
		cel.Variable("text", cel.StringType), cel.Variable("number", cel.IntType), cel.Variable("large", cel.IntType),
		cel.Variable("flag", cel.BoolType), cel.Variable("real", cel.DoubleType), cel.Variable("octets", cel.BytesType),
		cel.Variable("moment", cel.TimestampType), cel.Variable("span", cel.DurationType),
		cel.Variable("words", cel.ListType(cel.StringType)), cel.Variable("numbers", cel.ListType(cel.IntType)),
		cel.Variable("fields", cel.MapType(cel.StringType, cel.StringType)), cel.Variable("any", cel.DynType),
		cel.Variable("count", cel.UintType), cel.Variable("absent", cel.MapType(cel.StringType, cel.StringType)),
		cel.OptionalTypes(), cel.EnableMacroCallTracking(), cel.CrossTypeNumericComparisons(true),
		ext.Strings(), ext.Math(), ext.Lists(), ext.Sets(), ext.Encoders(), ext.Bindings(), ext.TwoVarComprehensions(),
	)
	if err != nil {
		panic(err)
	}
	moment := time.Date(2026, 3, 29, 0, 59, 59, 500000000, time.UTC)
	input := map[string]any{
		"text": "a😀bé", "number": int64(42), "large": int64(9007199254740993), "flag": true, "real": 2.5,
		"octets": []byte("ab\xff"), "moment": moment, "span": 90*time.Second + 5*time.Millisecond,
		"words": []string{"b", "a", "😀", ""}, "numbers": []int64{3, 1, 2}, "fields": map[string]string{"x": "1", "y": "two"},
		"any": int64(7), "count": uint64(9), "absent": map[string]string{},
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.Scan() {
		var text string
		if err := json.Unmarshal(in.Bytes(), &text); err != nil {
			panic(err)
		}
		answer, _ := json.Marshal(evaluate(env, text, input))
		fmt.Fprintf(out, "%s\n", answer)
	}
}

func evaluate(env *cel.Env, text string, input map[string]any) map[string]any {
	checked, issues := env.Compile(text)
	if issues.Err() != nil {
		return map[string]any{"refused": issues.Err().Error()}
	}
	program, err := env.Program(checked)
	if err != nil {
		return map[string]any{"refused": err.Error()}
	}
	value, _, err := program.Eval(input)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	return map[string]any{"value": show(value)}
}

// show writes a value with its type, the same way for both sides.
func show(value ref.Val) string {
	switch v := value.(type) {
	case types.Bool:
		return fmt.Sprintf("bool %t", bool(v))
	case types.Int:
		return fmt.Sprintf("int %d", int64(v))
	case types.Uint:
		return fmt.Sprintf("uint %d", uint64(v))
	case types.Double:
		if math.IsNaN(float64(v)) {
			return "double NaN"
		}
		return fmt.Sprintf("double %016x", math.Float64bits(float64(v)))
	case types.String:
		quoted, _ := json.Marshal([]byte(string(v)))
		return "string " + string(quoted)
	case types.Bytes:
		quoted, _ := json.Marshal([]byte(v))
		return "bytes " + string(quoted)
	case types.Null:
		return "null"
	case types.Timestamp:
		return fmt.Sprintf("timestamp %d.%09d", v.Unix(), v.Nanosecond())
	case types.Duration:
		return fmt.Sprintf("duration %d", v.Nanoseconds())
	case *types.Optional:
		if !v.HasValue() {
			return "none"
		}
		return "some " + show(v.GetValue())
	case ref.Type:
		return "type " + v.TypeName()
	case traits.Mapper:
		entries := []string{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			key := it.Next()
			entries = append(entries, show(key)+": "+show(v.Get(key)))
		}
		return "map " + sorted(entries)
	case traits.Lister:
		items := []string{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			items = append(items, show(it.Next()))
		}
		text, _ := json.Marshal(items)
		return "list " + string(text)
	}
	return fmt.Sprintf("unknown %T", value)
}

func sorted(entries []string) string {
	sort.Strings(entries)
	text, _ := json.Marshal(entries)
	return string(text)
}
