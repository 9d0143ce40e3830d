/** The nodes of a parsed template, as @huggingface/jinja's parser builds them. */
export type Node =
    | { readonly type: 'Program'; readonly body: readonly Node[] }
    | {
          readonly type: 'Set';
          readonly assignee: Node;
          readonly value: Node | null;
          readonly body: readonly Node[];
      }
    | { readonly type: 'If'; readonly test: Node; readonly body: readonly Node[]; readonly alternate: readonly Node[] }
    | {
          readonly type: 'For';
          readonly loopvar: Node;
          readonly iterable: Node;
          readonly body: readonly Node[];
          readonly defaultBlock: readonly Node[];
      }
    | MacroNode
    | CallStatementNode
    | { readonly type: 'FilterStatement'; readonly filter: Node; readonly body: readonly Node[] }
    | { readonly type: 'Break' | 'Continue' | 'Comment' }
    | { readonly type: 'IntegerLiteral' | 'FloatLiteral'; readonly value: number }
    | { readonly type: 'StringLiteral'; readonly value: string }
    | { readonly type: 'Identifier'; readonly value: string }
    | { readonly type: 'ArrayLiteral' | 'TupleLiteral'; readonly value: readonly Node[] }
    | { readonly type: 'ObjectLiteral'; readonly value: ReadonlyMap<Node, Node> }
    | {
          readonly type: 'BinaryExpression';
          readonly operator: { readonly value: string };
          readonly left: Node;
          readonly right: Node;
      }
    | { readonly type: 'UnaryExpression'; readonly operator: { readonly value: string }; readonly argument: Node }
    | { readonly type: 'FilterExpression'; readonly operand: Node; readonly filter: Node }
    | {
          readonly type: 'TestExpression';
          readonly operand: Node;
          readonly negate: boolean;
          readonly test: { readonly value: string };
      }
    | { readonly type: 'SelectExpression'; readonly lhs: Node; readonly test: Node }
    | { readonly type: 'Ternary'; readonly condition: Node; readonly trueExpr: Node; readonly falseExpr: Node }
    | { readonly type: 'MemberExpression'; readonly object: Node; readonly property: Node; readonly computed: boolean }
    | { readonly type: 'SliceExpression'; readonly start?: Node; readonly stop?: Node; readonly step?: Node }
    | CallNode
    | { readonly type: 'KeywordArgumentExpression'; readonly key: { readonly value: string }; readonly value: Node }
    | { readonly type: 'SpreadExpression' | 'KeywordSpreadExpression'; readonly argument: Node };

export interface CallNode {
    readonly type: 'CallExpression';
    readonly callee: Node;
    readonly args: readonly Node[];
}

interface MacroNode {
    readonly type: 'Macro';
    readonly name: { readonly value: string };
    readonly args: readonly Node[];
    readonly body: readonly Node[];
}

export interface CallStatementNode {
    readonly type: 'CallStatement';
    readonly call: CallNode;
    readonly callerArgs: readonly Node[] | null;
    readonly body: readonly Node[];
}
